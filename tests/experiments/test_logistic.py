from __future__ import annotations

import numpy as np
import pytest

from helper import tf
from helper.graph import metrics
from tests import experiment_modules, one_step
from tests.experiment_modules import small_data


def test_one_step_is_numpys():
    step = one_step.take("logistic", "--digit=3", learning_rate=0.5)
    x, is_digit, old = step.x, (step.labels == 3).astype(float), step.before
    probability = 1 / (1 + np.exp(-(x @ old["readout/weight"] + old["readout/bias"])[:, 0]))
    likelihood = np.where(is_digit == 1, probability, 1 - probability)
    assert step.metrics["two-class/log likelihood"] == pytest.approx(
        np.log(likelihood).mean(), rel=1e-5
    )
    assert step.metrics["loss"] == -step.metrics["two-class/log likelihood"]
    assert step.metrics["accuracy"] == pytest.approx(np.mean((probability > 0.5) == is_digit))
    error = (probability - is_digit)[:, np.newaxis] / len(is_digit)  # of the mean, by the logit
    step.check("readout/weight", old["readout/weight"] - 0.5 * x.T @ error)
    step.check("readout/bias", old["readout/bias"] - 0.5 * error.sum(axis=0))


def test_loss_stays_finite_where_the_articles_clipping_fails():
    model = experiment_modules.build(experiment_modules.load("logistic"), small_data())
    images = np.full([2, 16], 255, np.uint8)
    with model.graph.as_default(), tf.Session() as session:
        session.run(tf.global_variables_initializer())
        weight, bias = tf.trainable_variables()
        weight.load(np.full([16, 1], 100.0), session)
        feed = {model.inputs.images: images, model.inputs.labels: [1, 0]}
        loss = session.run(model.step.metrics["loss"], feed)
    assert loss == pytest.approx(800)  # (0 + 16 · 100) / 2


def described(base_rate, precision, recall, f1):
    return {
        "two-class/base rate": base_rate,
        "two-class/precision": precision,
        "two-class/recall": recall,
        "two-class/F1": f1,
    }


def measured(module, predictions, labels):
    functions = metrics.values(module.SPLIT_METRICS)
    return {name: function(predictions, labels) for name, function in functions.items()}


def test_description_of_answers():
    module = experiment_modules.load("logistic", "--digit=4")
    labels = np.array([4, 4, 4, 4, 1, 2, 3, 0, 5, 6])
    predictions = np.array([1, 1, 1, 0, 1, 0, 0, 0, 0, 0])
    assert measured(module, predictions, labels) == pytest.approx(
        described(0.6, 3 / 4, 3 / 4, 3 / 4)
    )


def test_description_where_nothing_is_found():
    module = experiment_modules.load("logistic")
    found = measured(module, np.zeros(4, np.int64), np.array([0, 2, 3, 4]))
    assert found == described(1.0, 0.0, 0.0, 0.0)
