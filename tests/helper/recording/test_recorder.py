"""The recorder with loops of NumPy; tests/experiments/test_by_hand.py has one of TensorFlow."""

from __future__ import annotations

import signal
import subprocess
import sys

import numpy as np
import pytest
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.summary_pb2 import Summary

from helper.errors import LabError, UsageError
from helper.files import PROJECT_ROOT
from helper.recording import recorder
from helper.runs import directory, events, record
from helper.runs.record import Best, Status
from scripts import compare_runs, predict
from tests import command_line
from tests.experiment_modules import small_data


@pytest.fixture
def start(tmp_path):
    def begin(settings=None, **others):
        return recorder.start("my_loop", settings, logdir=tmp_path / "logs", **others)

    return begin


def points(path, split, tag):
    curve = events.read_scalars(path / split)[tag]
    return list(zip(curve.step.tolist(), curve.value.tolist(), strict=True))


def test_a_run_like_any_other(start, capsys):
    settings = {"learning_rate": 0.5, "seed": 3, "steps": 20, "layers": [3, 2], "no": None}
    data = small_data()
    with start(settings, data=data, run_name="first", lower_is_better={"error": True}) as run:
        assert directory.is_locked(run.path)
        assert record.load(run.path).status is Status.RUNNING
        for step in (10, 20):
            run.scalars("train", step, {"loss": 1 / step})
            error = np.float32(step / 40)
            run.scalars("test", step, {"accuracy": 0.75, "error": error, "size": 2})
        run.predictions(np.arange(9) % 3, np.arange(9) % 3)
    assert run.path.name == "0001-first" and not directory.is_locked(run.path)
    found = record.load(run.path)
    assert (found.status, found.step, found.seed, found.steps) == (Status.COMPLETED, 20, 3, 20)
    assert found.flags == settings and found.origin == "recorder"
    assert found.data and found.data.sha256 == data.sha256 and found.data.test == 30
    assert found.final["test/error"] == 0.5 and found.final["train/loss"] == 0.05
    # The direction of "size" is not known: it has no best.
    best = {"test/accuracy": Best(0.75, 10), "test/error": Best(0.25, 10)}
    assert found.best == best
    assert points(run.path, "train", "loss") == [(10, np.float32(0.1)), (20, np.float32(0.05))]
    assert points(run.path, "test", "results/best error") == [(20, 0.25)]
    text = (run.path / "flags.txt").read_text()
    assert text == "--learning_rate=0.5\n--seed=3\n--steps=20\n--layers=3,2\n"
    said = capsys.readouterr().out
    assert "0001-first" in said and "tensorboard --logdir" in said


def test_graph_and_summaries(start):
    graph, other = GraphDef(), GraphDef()
    graph.node.add(name="x", op="Placeholder")
    summary = Summary()
    summary.value.add(tag="accuracy", simple_value=0.5)
    with start() as run:
        run.graph(graph.SerializeToString())
        run.graph(other)
        run.summary("test", 7, summary.SerializeToString())
        run.summary("train", 7, summary)
    (node,) = events.read_graph(run.path / "train").node
    assert node.name == "x"
    assert points(run.path, "test", "accuracy") == points(run.path, "train", "accuracy")
    assert run.record.final == {"test/accuracy": 0.5, "train/accuracy": 0.5}
    assert run.record.best == {"test/accuracy": Best(0.5, 7)}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (KeyboardInterrupt(), Status.INTERRUPTED),
        (ValueError("a mistake"), Status.FAILED),
        (SystemExit(3), Status.FAILED),
        (SystemExit(0), Status.COMPLETED),
    ],
    ids=repr,
)
def test_how_a_run_ends(start, error, status):
    with pytest.raises(type(error)), start() as run:
        run.scalars("test", 5, {"accuracy": 0.5})
        raise error
    assert record.load(run.path).status is status
    assert points(run.path, "test", "accuracy") == [(5, 0.5)]


def test_a_loss_that_is_not_finite(start):
    with start() as run:
        run.scalars("train", 1, {"loss": float("nan")})
    found = record.load(run.path)
    assert (found.status, found.final) == (Status.DIVERGED, {})


def test_validation_is_watched_if_it_is_asked_for(start):
    with start(watched="validation") as run:
        run.scalars("validation", 1, {"accuracy": 0.5})
        run.scalars("test", 1, {"accuracy": 0.25})
    found = record.load(run.path)
    assert found.watched == "validation" and found.best == {"validation/accuracy": Best(0.5, 1)}


def test_what_is_lost_is_told(start, capsys):
    with start() as run:
        for path in (run.path / "test").iterdir():
            path.unlink()
        run.scalars("test", 1, {"accuracy": 0.5})
    assert "was removed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda run: run.scalars("eval", 1, {"a": 1.0}), ValueError),
        (lambda run: run.scalars("test", 1, {"a": "high"}), ValueError),
        (lambda run: run.scalars("test", 1, {"a": [1, 2]}), TypeError),
        (lambda run: run.summary("test", 1, b"\xff\xff"), ValueError),
        (lambda run: run.predictions([0, 1], [0]), ValueError),
        (lambda run: run.predictions([0.5, 0.1], [0, 1]), ValueError),
        (lambda run: run.predictions([[0], [1]], [[0], [1]]), ValueError),
    ],
)
def test_a_mistake_in_the_loop(start, call, error):
    with start() as run, pytest.raises(error):
        call(run)
    assert record.load(run.path).status is Status.COMPLETED
    with pytest.raises(ValueError, match="has ended"):
        run.scalars("test", 1, {"accuracy": 0.5})


def test_a_mistake_at_the_start(start, tmp_path):
    with pytest.raises(UsageError, match="the setting 'model' is object"):
        start({"model": object()})
    with pytest.raises(UsageError, match="not a valid run name"):
        recorder.start("../up", logdir=tmp_path / "logs")
    (tmp_path / "file").touch()
    with pytest.raises(LabError, match="--logdir"):
        recorder.start("my_loop", logdir=tmp_path / "file")
    assert not (tmp_path / "logs").exists()


def test_compare_and_verdict(start, tmp_path):
    pytest.importorskip("scipy", reason="verdicts need the extra [compare]")
    labels = np.arange(1000) % 10
    for rate, wrong in ((0.1, 300), (0.5, 100)):
        for seed in range(3):
            with start({"learning_rate": rate, "seed": seed}) as run:
                predicted = np.where(np.arange(1000) < wrong + 9 * seed, labels + 1, labels)
                run.scalars("test", 10, {"accuracy": np.mean(predicted == labels)})
                run.predictions(predicted, labels)
    logdir = f"--logdir={tmp_path / 'logs'}"
    table = command_line.script(compare_runs.main, logdir, "--group_by=-seed")
    assert table.code == 0 and "0.5" in table.stdout
    better = command_line.script(
        compare_runs.main, logdir, "--verdict", "learning_rate=0.5", "learning_rate=0.1"
    )
    assert better.code == 0 and "learning_rate=0.5" in better.stdout


def test_no_verdict_on_different_labels(start, tmp_path):
    pytest.importorskip("scipy", reason="verdicts need the extra [compare]")
    for rate in (0.1, 0.5):
        with start({"learning_rate": rate, "seed": 0}) as run:
            labels = np.arange(100) % (3 if rate == 0.1 else 4)
            run.predictions(labels, labels)
    done = command_line.script(
        compare_runs.main,
        f"--logdir={tmp_path / 'logs'}",
        *("--verdict", "learning_rate=0.5", "learning_rate=0.1"),
    )
    assert done.code and "tested on different labels" in done.stderr


def test_there_is_no_checkpoint_to_predict_from(start, tmp_path):
    with start():
        pass
    done = command_line.script(predict.main, "my_loop/1", f"--logdir={tmp_path / 'logs'}")
    assert done.code and "a loop of its own program" in done.stderr


PROGRAM = """
import os, signal, sys
from helper import recorder
with recorder.start("my_loop", {"seed": 1}) as run:
    run.scalars("train", 1, {"loss": 0.5})
    print("tensorflow" in sys.modules, flush=True)
    os.kill(os.getpid(), getattr(signal, sys.argv[1]))
    import time; time.sleep(30)
"""


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGKILL, "killed"), (signal.SIGINT, "interrupted")]
)
def test_a_program_without_tensorflow_that_is_stopped(tmp_path, number, status):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, signal.Signals(number).name],
        cwd=tmp_path,
        env={"PYTHONPATH": str(PROJECT_ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.startswith("False\n"), done.stderr
    path = tmp_path / "logs" / "my_loop" / "0001"
    assert directory.status(path, record.load(path)) == status
    assert points(path, "train", "loss") == [(1, 0.5)]  # nothing waits in memory
    assert record.load(path).argv == ["-c", signal.Signals(number).name]
