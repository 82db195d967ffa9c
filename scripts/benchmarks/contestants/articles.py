"""The articles' two loops written out: one ``Session.run`` for each step, with a fed batch.

As in the articles, images are float32 and labels one-hot, both made beforehand. The
loss is the stable one of the experiments here, and its mean: the articles' formulas may give NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from helper.data.datasets import Dataset
from helper.tensorflow_v1 import tf
from scripts.benchmarks.task import (
    NETWORKS,
    History,
    Network,
    Task,
    Train,
    initial_weights,
    targets,
)

# As in the article. A larger buffer is slower; a full shuffle takes 60,000.
_SHUFFLE_BUFFER = 1000


def prepare_fetch_and_feed(task: Task, data: Dataset) -> Train:
    """``session.run(next_batch)``, then ``session.run(train_step, feed_dict)`` on the result."""
    images, labels = _arrays(task, data)
    with tf.Graph().as_default():
        all_images = tf.placeholder(tf.float32, images.shape)
        all_labels = tf.placeholder(tf.float32, labels.shape)
        ds = tf.data.Dataset.from_tensor_slices((all_images, all_labels))
        ds = ds.shuffle(_SHUFFLE_BUFFER, task.seed).batch(task.batch_size, True).repeat()
        iterator = tf.data.make_initializable_iterator(ds)
        next_batch = iterator.get_next()
        session, train = _session(task, images.shape[1])
        session.run(iterator.initializer, {all_images: images, all_labels: labels})
    return lambda steps: train(steps, lambda: session.run(next_batch))


def prepare_feed_dict(task: Task, data: Dataset) -> Train:
    """``next_batch`` of the TensorFlow 1 tutorials, in NumPy, then ``session.run``."""
    images, labels = _arrays(task, data)
    batches = _next_batches(images, labels, task.batch_size, np.random.default_rng(task.seed))
    with tf.Graph().as_default():
        _, train = _session(task, images.shape[1])
    return lambda steps: train(steps, lambda: next(batches))


def _arrays(task: Task, data: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Images float32 [n, pixels], 0 to 1; labels float32 [n, outputs], one-hot or 0 and 1."""
    network = NETWORKS[task.network]
    labels = targets(network, data.train)
    columns = labels[:, None] if network.outputs == 1 else np.eye(network.outputs)[labels]
    return data.train.images.astype(np.float32) / network.scale, columns.astype(np.float32)


def _next_batches(
    images: np.ndarray, labels: np.ndarray, batch_size: int, random: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Shuffle both arrays at the start of each epoch and cut whole batches."""
    while True:
        order = random.permutation(len(images))
        images, labels = images[order], labels[order]
        for start in range(0, len(images) - batch_size + 1, batch_size):
            yield images[start : start + batch_size], labels[start : start + batch_size]


def _session(task: Task, pixels: int) -> tuple[Any, Callable[..., History]]:
    """Build the network in the current graph; its session, and the loop over single steps."""
    network = NETWORKS[task.network]
    x = tf.placeholder(tf.float32, [None, pixels])
    t = tf.placeholder(tf.float32, [None, network.outputs])
    logits = x
    for number, (weights, bias) in enumerate(initial_weights(network, pixels, task.seed)):
        W, b = tf.Variable(weights), tf.Variable(bias)
        inputs = _activation(network, logits) if number else logits
        if network.dropout and number == len(network.hidden):
            inputs = tf.nn.dropout(inputs, rate=network.dropout)
        logits = tf.matmul(inputs, W) + b
    loss, accuracy = _loss_and_accuracy(network, logits, t)
    optimizers = {"sgd": tf.train.GradientDescentOptimizer, "adam": tf.train.AdamOptimizer}
    train_step = optimizers[network.optimizer](network.learning_rate).minimize(loss)
    session = tf.Session()
    session.run(tf.global_variables_initializer())

    def train(steps: int, next_batch: Callable[[], tuple[np.ndarray, np.ndarray]]) -> History:
        losses, accuracies = np.empty(steps, np.float32), np.empty(steps, np.float32)
        for step in range(steps):
            images, labels = next_batch()
            _, losses[step], accuracies[step] = session.run(
                [train_step, loss, accuracy], feed_dict={x: images, t: labels}
            )
        return History(losses, accuracies)

    return session, train


def _activation(network: Network, z: Any) -> Any:
    return {"sigmoid": tf.sigmoid, "relu": tf.nn.relu}[network.activation](z)


def _loss_and_accuracy(network: Network, logits: Any, t: Any) -> tuple[Any, Any]:
    """Both float32 scalars, means over the batch. t: float32 [batch, outputs]."""
    if network.outputs == 1:
        losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=t, logits=logits)
        correct = tf.equal(logits > 0, t > 0.5)
    else:
        scores = tf.log_sigmoid(logits) if network.output == "sigmoid" else logits
        losses = tf.nn.softmax_cross_entropy_with_logits(labels=t, logits=scores)
        correct = tf.equal(tf.argmax(logits, 1), tf.argmax(t, 1))
    return tf.reduce_mean(losses), tf.reduce_mean(tf.cast(correct, tf.float32))
