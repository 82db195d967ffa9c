"""``tensorflow.examples.tutorials.mnist.mnist``: the network of the tutorial "Mechanics 101"."""

from __future__ import annotations

import math
from typing import Any

from helper.old_scripts import old_modules
from helper.old_scripts.import_hooks import Make
from helper.tensorflow_v1 import tf

NUM_CLASSES = 10
IMAGE_SIZE = 28
IMAGE_PIXELS = IMAGE_SIZE * IMAGE_SIZE


def inference(images: Any, hidden1_units: int, hidden2_units: int) -> Any:
    """Logits [batch, 10] of images float32 [batch, 784], with two hidden layers of ReLUs."""
    first = tf.nn.relu(_affine("hidden1", images, IMAGE_PIXELS, hidden1_units))
    second = tf.nn.relu(_affine("hidden2", first, hidden1_units, hidden2_units))
    return _affine("softmax_linear", second, hidden2_units, NUM_CLASSES)


def loss(logits: Any, labels: Any) -> Any:
    """The mean cross-entropy. labels: integers [batch]."""
    return tf.losses.sparse_softmax_cross_entropy(labels=tf.to_int64(labels), logits=logits)


def training(loss: Any, learning_rate: float) -> Any:
    """One step of gradient descent, which counts the variable global_step."""
    tf.summary.scalar("loss", loss)
    global_step = tf.Variable(0, name="global_step", trainable=False)
    return tf.train.GradientDescentOptimizer(learning_rate).minimize(loss, global_step=global_step)


def evaluation(logits: Any, labels: Any) -> Any:
    """How many of the batch are right: int32."""
    return tf.reduce_sum(tf.cast(tf.nn.in_top_k(logits, labels, 1), tf.int32))


def modules() -> dict[str, Make]:
    """The name under which scripts import it."""
    functions = {f.__name__: f for f in (inference, loss, training, evaluation)}
    constants = {
        "NUM_CLASSES": NUM_CLASSES,
        "IMAGE_SIZE": IMAGE_SIZE,
        "IMAGE_PIXELS": IMAGE_PIXELS,
    }
    return old_modules.makers({"tensorflow.examples.tutorials.mnist.mnist": functions | constants})


def _affine(scope: str, inputs: Any, size: int, units: int) -> Any:
    with tf.name_scope(scope):
        initial = tf.truncated_normal([size, units], stddev=1.0 / math.sqrt(size))
        weights = tf.Variable(initial, name="weights")
        biases = tf.Variable(tf.zeros([units]), name="biases")
        return tf.matmul(inputs, weights) + biases
