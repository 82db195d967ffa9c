"""Experiments whose metrics are not a classifier's, and what they put into TensorBoard."""

from __future__ import annotations

import numpy as np
import pytest
from tensorboard.compat.proto.event_pb2 import Event

from helper import tf
from helper.errors import UsageError
from helper.runs import event_files, record
from helper.runs.tfrecords import read_payloads
from helper.training import Metric, Step, train
from tests.command_line import curve, only_run
from tests.plain_settings import settings


def autoencoder(inputs, optimizer):
    """Two numbers for each image, and the image again; no class is said."""
    x = tf.cast(inputs.images, tf.float32) / 255.0
    pixels = x.shape[1]
    with tf.variable_scope("code"):
        W = tf.get_variable("weight", [pixels, 2], tf.float32, tf.ones_initializer())
        code = tf.matmul(x, W) / float(pixels)
        tf.summary.histogram("units", code)
    with tf.variable_scope("image"):
        V = tf.get_variable("weight", [2, pixels], tf.float32, tf.zeros_initializer())
        y = tf.matmul(code, V)
    with tf.name_scope("loss"):
        loss = tf.reduce_mean(tf.square(y - x))
        error = tf.sqrt(loss)
        tf.summary.scalar("largest error", tf.reduce_max(tf.abs(y - x)))
    with tf.variable_scope("train"):
        step = optimizer.minimize(loss, tf.train.get_or_create_global_step())
    metrics = {"loss": loss, "rmse": Metric(error, lower_is_better=True), "code": y[0, 0]}
    return Step(step, metrics)


def optimizer():
    return tf.train.GradientDescentOptimizer(0.5)


def values_of(path) -> dict[str, list[tuple[int, str]]]:
    """(step, kind) of every value in a directory's event files, by tag."""
    found: dict[str, list[tuple[int, str]]] = {}
    for file in event_files.find(path):
        for payload in read_payloads(file, print):
            event = Event.FromString(payload)
            for value in event.summary.value:
                found.setdefault(value.tag, []).append((event.step, value.WhichOneof("value")))
    return found


def test_an_experiment_without_accuracy_and_predictions(tiny_data, tmp_path, capsys):
    assert train(autoencoder, tiny_data, optimizer(), settings(tmp_path)) == 0
    run = only_run(tmp_path)
    found = record.load(run)
    assert found.lower_is_better == {"loss": True, "rmse": True, "code": None}
    assert found.select_by == "loss" and found.network and found.network.predictions is None
    rmse = dict(curve(run, "test", "rmse"))
    assert found.best["test/rmse"].value == pytest.approx(min(rmse.values()))
    assert min(rmse, key=lambda step: rmse[step]) == found.best["test/rmse"].step == 30
    assert set(found.best) == {"test/loss", "test/rmse"}  # of "code" no best is claimed
    assert not (run / "predictions.npz").exists()
    assert "test-loss: " in capsys.readouterr().out


def test_summaries_of_the_graph_are_written_at_each_evaluation(tiny_data, tmp_path):
    train(autoencoder, tiny_data, optimizer(), settings(tmp_path, eval_every=15))
    run = only_run(tmp_path)
    found = values_of(run / "test")
    assert [step for step, _ in found["code/units"]] == [0, 15, 30]
    assert {kind for _, kind in found["code/units"]} == {"histo"}
    assert [step for step, _ in found["loss/largest_error"]] == [0, 15, 30]
    assert "code/units" not in values_of(run / "train")
    # Zero weights give black: the largest error is the brightest pixel.
    brightest = tiny_data.test.images.max() / 255
    assert curve(run, "test", "loss/largest_error")[0][1] == pytest.approx(brightest)


def test_summaries_look_at_the_watched_split(tiny_data, tmp_path):
    """Dark validation images, bright test images: what was looked at shows."""
    from dataclasses import replace

    from helper.data.datasets import Split

    dark = Split(np.full((20, 30), 10, np.uint8), np.zeros(20, np.int64))
    train(autoencoder, replace(tiny_data, validation=dark), optimizer(), settings(tmp_path))
    run = only_run(tmp_path)
    assert curve(run, "validation", "loss/largest_error")[0][1] == pytest.approx(10 / 255)
    assert curve(run, "validation", "loss")[0][1] == pytest.approx((10 / 255) ** 2, rel=1e-4)
    assert "test/loss" in record.load(run).final and not (run / "test").exists()
    assert record.load(run).score_tag == "validation/loss"


def test_observers_are_the_callers(tiny_data, tmp_path):
    seen = []

    def observer(observation):
        seen.append((observation.step, observation.number, observation.evaluation.metrics["loss"]))
        yield tf.Summary(value=[tf.Summary.Value(tag="mine", simple_value=observation.step)])

    train(autoencoder, tiny_data, optimizer(), settings(tmp_path), observers=[observer])
    run = only_run(tmp_path)
    assert [(step, number) for step, number, _ in seen] == [(0, 0), (10, 1), (20, 2), (30, 3)]
    points = dict(curve(run, "test", "loss"))
    assert list(points) == [0, 1, 2, 5, 10, 20, 30]  # the early ones are points of the curve only
    assert [loss for _, _, loss in seen] == pytest.approx([points[step] for step, _, _ in seen])
    assert curve(run, "test", "mine") == [(0, 0), (10, 10), (20, 20), (30, 30)]
    assert "confusion matrix" not in values_of(run / "test")


@pytest.mark.parametrize(
    ("name", "said"), [("luck", "is not a metric"), ("code", "does not declare")]
)
def test_a_metric_by_which_nothing_can_be_chosen(tiny_data, tmp_path, name, said):
    with pytest.raises(UsageError, match=f"{name} {said}.*; choose one of loss, rmse"):
        train(autoencoder, tiny_data, optimizer(), settings(tmp_path, select_by=name))
    assert not list(tmp_path.iterdir())


def test_the_best_checkpoint_is_that_of_the_chosen_metric(tiny_data, tmp_path):
    """A metric of the whole split that is best, by its declared direction, in the middle."""
    split_metrics = {"distance": Metric(lambda *_: abs(next(values) - 12), lower_is_better=True)}
    # At steps 0, 1, 2 and 5 (early: there is no checkpoint that could be the best), 10, 20 and 30;
    # then of the training and the test set.
    values = iter([0, 12, 12, 12, 10, 20, 30, 0, 0])
    chosen = settings(tmp_path, select_by="distance", keep=1)
    train(autoencoder, tiny_data, optimizer(), chosen, split_metrics)
    run = only_run(tmp_path)
    found = record.load(run)
    assert found.best["test/distance"] == record.Best(2.0, 10)
    steps = sorted(int(path.stem[5:]) for path in (run / "checkpoints").glob("*.json"))
    assert steps == [10, 30]
