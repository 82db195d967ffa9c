"""One training step of an experiment, with all that NumPy needs to work it out again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from helper import tf
from tests import experiment_modules
from tests.experiment_modules import small_data


class Step(NamedTuple):
    """x: float64 [examples, pixels], 0 to 1; labels: int64 [examples]; before and after: variables.

    The metrics are those of the weights before.
    """

    x: np.ndarray
    labels: np.ndarray
    before: dict[str, np.ndarray]
    after: dict[str, np.ndarray]
    metrics: dict[str, float]

    def check(self, name: str, expected: np.ndarray) -> None:
        """The variable is what it should be, and it has moved far more than the tolerance."""
        assert np.abs(self.after[name] - self.before[name]).max() > 1e-4
        np.testing.assert_allclose(self.after[name], expected, rtol=1e-5, atol=2e-7)


def random_start(name: str, shape: list[int]) -> np.ndarray:
    return np.random.RandomState(len(name)).normal(0, 0.3, shape)


def take(
    name: str,
    *arguments: str,
    learning_rate: float,
    start: Callable[[str, list[int]], np.ndarray] | None = None,
) -> Step:
    """Take one step on 60 examples, from the experiment's own weights or from ``start``."""
    data = small_data()
    module = experiment_modules.load(name, *arguments)
    optimizer = tf.train.GradientDescentOptimizer(learning_rate)
    model = experiment_modules.build(module, data, optimizer)
    feed = {model.inputs.images: data.train.images, model.inputs.labels: data.train.labels}
    with model.graph.as_default(), tf.Session() as session:
        session.run(tf.global_variables_initializer())
        variables: dict[str, Any] = {v.op.name: v for v in tf.trainable_variables()}
        for variable_name, variable in variables.items() if start else ():
            variable.load(start(variable_name, variable.shape.as_list()), session)
        before = session.run(variables)
        metrics = session.run(model.step.metrics, feed)
        session.run(model.step.train_step, feed)
        after = session.run(variables)
    before = {name: value.astype(np.float64) for name, value in before.items()}
    return Step(data.train.images / 255.0, data.train.labels, before, after, metrics)


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
