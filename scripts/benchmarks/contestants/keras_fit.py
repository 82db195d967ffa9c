"""Keras: ``fit`` on the arrays, with ``shuffle`` and its accuracy metric."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from helper.data.datasets import Dataset
from helper.tensorflow_v1 import stderr_held_back
from scripts.benchmarks.task import (
    NETWORKS,
    History,
    Network,
    Task,
    Train,
    initial_weights,
    targets,
)

with stderr_held_back():
    import keras


def prepare(task: Task, data: Dataset) -> Train:
    """One ``fit`` per turn, in whole epochs if the turn is that long.

    As in Keras's own examples: float32 images from 0 to 1, made beforehand (a ``Rescaling`` layer
    on uint8 was slower), integer labels, and one batch per execution, so every step has a loss.
    Copying the arrays when ``fit`` begins is not counted, because it happens once in a real run.
    """
    network = NETWORKS[task.network]
    images = data.train.images.astype(np.float32) / network.scale
    labels = targets(network, data.train)
    initial = initial_weights(network, images.shape[1], task.seed)
    last, loss = _last_activation_and_loss(network)
    activations = [network.activation] * len(network.hidden) + [last]
    layers = [
        keras.layers.Dense(len(bias), activation=activation)
        for (_, bias), activation in zip(initial, activations, strict=True)
    ]
    dropout = [keras.layers.Dropout(network.dropout)] if network.dropout else []
    model = keras.Sequential([keras.Input(images.shape[1:]), *layers[:-1], *dropout, layers[-1]])
    for layer, weights in zip(layers, initial, strict=True):
        layer.set_weights(weights)
    optimizers = {"sgd": keras.optimizers.SGD, "adam": keras.optimizers.Adam}
    model.compile(
        optimizer=optimizers[network.optimizer](network.learning_rate),
        loss=loss,
        metrics=["accuracy"],
    )
    steps_per_epoch = len(images) // task.batch_size

    def fit(epochs: int, steps: int, history: EveryStep) -> None:
        if epochs and steps:
            examples = steps * task.batch_size
            model.fit(
                images[:examples],
                labels[:examples],
                batch_size=task.batch_size,
                epochs=epochs,
                shuffle=True,
                verbose=0,
                callbacks=[history],
            )

    def train(steps: int) -> History:
        history = EveryStep()
        fit(steps // steps_per_epoch, steps_per_epoch, history)
        fit(1, steps % steps_per_epoch, history)
        return history.result()

    return train


def _last_activation_and_loss(network: Network) -> tuple[str, Any]:
    if network.outputs == 1:
        return "sigmoid", "binary_crossentropy"
    if network.output == "softmax":
        return "softmax", "sparse_categorical_crossentropy"
    # After a sigmoid layer Keras 3 finds the logits and uses their softmax instead, which is not
    # the loss of sigmoids normalized to sum to 1.
    return "linear", lambda labels, logits: keras.losses.sparse_categorical_crossentropy(
        labels, keras.ops.log_sigmoid(logits), from_logits=True
    )


class EveryStep(keras.callbacks.Callback):
    """Keeps the loss and the accuracy of every step, and the time between begin and end."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0
        self._epochs: list[list[tuple[float, float]]] = []

    def on_train_begin(self, logs: Any = None) -> None:
        self._started = time.perf_counter()

    def on_train_end(self, logs: Any = None) -> None:
        self.seconds += time.perf_counter() - self._started

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epochs.append([])

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._epochs[-1].append((logs["loss"], logs["accuracy"]))

    def result(self) -> History:
        """Keras gives means over the epoch so far; the values of single steps follow from them."""
        steps = []
        for means in self._epochs:
            sums = np.array(means, np.float64) * np.arange(1, len(means) + 1)[:, None]
            steps.append(np.diff(sums, axis=0, prepend=0.0).astype(np.float32))
        losses, accuracies = np.concatenate(steps).T
        return History(losses, accuracies, self.seconds)
