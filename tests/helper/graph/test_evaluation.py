from __future__ import annotations

import numpy as np
import pytest

from helper import tf
from helper.data.datasets import Split
from helper.graph.evaluation import Stopped, evaluator
from tests import experiment_modules
from tests.experiment_modules import small_data

DATA = small_data(examples=70)


@pytest.fixture(scope="module")
def trained():
    """A session with a model that is a little trained."""
    model = experiment_modules.build(experiment_modules.load("softmax"), DATA)
    with tf.Session(graph=model.graph) as session:
        with model.graph.as_default():
            session.run(tf.global_variables_initializer())
        for _ in range(20):
            feed = {
                model.inputs.images: DATA.train.images,
                model.inputs.labels: DATA.train.labels,
            }
            session.run(model.step.train_step, feed)
        yield session, model


def test_independent_of_the_batch_size(trained):
    whole = evaluator(*trained, batch_size=1000)(DATA.train)
    assert 0 < whole.metrics["accuracy"] < 1
    for batch_size in (1, 9, 69, 70):
        found = evaluator(*trained, batch_size=batch_size)(DATA.train)
        assert found.metrics == pytest.approx(whole.metrics, rel=1e-6)
        assert np.array_equal(found.predictions, whole.predictions)


def test_every_example_weighs_the_same(trained):
    """70 examples in batches of 64 and 6: the mean of the two batch means would be wrong."""
    found = evaluator(*trained, batch_size=64)(DATA.train)
    right = found.predictions == DATA.train.labels
    assert found.metrics["accuracy"] == pytest.approx(right.mean())
    assert right.mean() != pytest.approx((right[:64].mean() + right[64:].mean()) / 2)
    each = [
        evaluator(*trained)(Split(DATA.train.images[i : i + 1], DATA.train.labels[i : i + 1]))
        for i in range(70)
    ]
    mean = np.mean([evaluation.metrics["loss"] for evaluation in each])
    assert found.metrics["loss"] == pytest.approx(mean, rel=1e-5)


def test_evaluation_changes_nothing(trained):
    session, model = trained
    with model.graph.as_default():
        variables = {v.op.name: v for v in tf.global_variables()}
    before = session.run(variables)
    evaluator(session, model)(DATA.test)
    after = session.run(variables)
    assert all(np.array_equal(before[name], after[name]) for name in variables)


def test_stops_between_batches_when_asked(trained):
    answers = iter([False, True])
    with pytest.raises(Stopped):
        evaluator(*trained, stopped=lambda: next(answers), batch_size=20)(DATA.train)
