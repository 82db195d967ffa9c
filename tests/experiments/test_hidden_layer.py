from __future__ import annotations

import numpy as np
import pytest

from tests import experiment_modules, one_step
from tests.experiment_modules import small_data


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def test_one_step_is_numpys():
    step = one_step.take("hidden_layer", "--hidden_units=7", learning_rate=0.5)
    x, labels, old = step.x, step.labels, step.before
    hidden = sigmoid(x @ old["hidden/weight"] + old["hidden/bias"])
    probabilities = one_step.softmax(hidden @ old["readout/weight"] + old["readout/bias"])
    chosen = probabilities[np.arange(len(labels)), labels]
    assert step.metrics["loss"] == pytest.approx(-np.log(chosen).mean(), rel=1e-5)
    error = (probabilities - np.eye(10)[labels]) / len(labels)  # of the mean, by the logits
    hidden_error = error @ old["readout/weight"].T * hidden * (1 - hidden)
    step.check("readout/weight", old["readout/weight"] - 0.5 * hidden.T @ error)
    step.check("readout/bias", old["readout/bias"] - 0.5 * error.sum(axis=0))
    step.check("hidden/weight", old["hidden/weight"] - 0.5 * x.T @ hidden_error)
    step.check("hidden/bias", old["hidden/bias"] - 0.5 * hidden_error.sum(axis=0))


def test_initial_weights_are_the_articles():
    step = one_step.take("hidden_layer", "--hidden_units=500", learning_rate=0.1)
    for layer in ("hidden", "readout"):
        assert step.before[f"{layer}/weight"].std() == pytest.approx(0.05, rel=0.05)
        assert not step.before[f"{layer}/bias"].any()


def test_width_is_free():
    module = experiment_modules.load("hidden_layer", "--hidden_units=30")
    model = experiment_modules.build(module, small_data(side=28))
    assert model.parameter_count() == 784 * 30 + 30 + 30 * 10 + 10
