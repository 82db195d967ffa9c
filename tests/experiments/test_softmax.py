from __future__ import annotations

import numpy as np
import pytest

from helper import tf
from helper.graph.evaluation import evaluator
from tests import experiment_modules, one_step
from tests.experiment_modules import small_data


def test_loss_is_ln_10_at_zero_weights():
    data = small_data()
    model = experiment_modules.build(experiment_modules.load("softmax"), data)
    with tf.Session(graph=model.graph) as session:
        with model.graph.as_default():
            session.run(tf.global_variables_initializer())
        metrics = evaluator(session, model)(data.test).metrics
    assert metrics["loss"] == pytest.approx(np.log(10), rel=1e-6)


def test_one_step_is_numpys():
    step = one_step.take("softmax", learning_rate=0.5, start=one_step.random_start)
    x, labels, old = step.x, step.labels, step.before
    probabilities = one_step.softmax(x @ old["readout/weight"] + old["readout/bias"])
    chosen = probabilities[np.arange(len(labels)), labels]
    assert step.metrics["loss"] == pytest.approx(-np.log(chosen).mean(), rel=1e-5)
    assert step.metrics["accuracy"] == pytest.approx(
        np.mean(probabilities.argmax(axis=1) == labels)
    )
    error = (probabilities - np.eye(10)[labels]) / len(labels)  # of the mean, by the logits
    step.check("readout/weight", old["readout/weight"] - 0.5 * x.T @ error)
    step.check("readout/bias", old["readout/bias"] - 0.5 * error.sum(axis=0))


def test_images_of_other_sizes_and_other_numbers_of_classes():
    model = experiment_modules.build(
        experiment_modules.load("softmax"), small_data(classes=26, side=5)
    )
    assert model.parameters() == {"readout/weight": [25, 26], "readout/bias": [26]}
