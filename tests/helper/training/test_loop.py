"""Runs that do not end as they were meant to."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from helper import tf
from helper.training import Step, train
from tests.command_line import curve, finish, only_run, record, start
from tests.plain_settings import settings
from tests.small_disk import mounted


def test_a_loss_that_is_not_finite(tiny_data, tmp_path, capfd):
    """The loss w² is multiplied by 1e12 at each step, and is infinite at the fifth."""

    def build_graph(inputs, optimizer):
        with tf.variable_scope("readout"):
            w = tf.get_variable("w", [], tf.float32, tf.ones_initializer())
            loss = tf.square(w)
        with tf.variable_scope("train"):
            train_step = optimizer.minimize(loss, tf.train.get_or_create_global_step())
        accuracy = tf.constant(0.0)
        return Step(train_step, {"loss": loss, "accuracy": accuracy}, inputs.labels)

    optimizer = tf.train.GradientDescentOptimizer((1 + 1e6) / 2)  # w becomes -1e6 w
    code = train(
        build_graph, tiny_data, optimizer, settings(tmp_path, log_every=1, eval_every=50, steps=100)
    )
    err = capfd.readouterr().err
    run = only_run(tmp_path)
    assert code == 1
    assert record(run)["status"] == "diverged"
    assert record(run)["step"] == 4
    assert [value for _, value in curve(run, "train", "loss")] == pytest.approx(
        [1, 1, 1e12, 1e24, 1e36], rel=1e-5
    )
    assert err.startswith("error: ") and "learning_rate" in err and "Traceback" not in err


def test_the_last_finite_checkpoint_is_kept(call_experiment, idx_directory):
    """Raw pixels through linear layers: each update is larger than the one before."""
    flags = ["--layers=8,8", "--activation=identity", "--nonormalize", "--learning_rate=0.01"]
    more = ["--batch_size=20", "--checkpoint_every=1", "--log_every=1"]
    done = call_experiment("mlp", f"--data_dir={idx_directory}", *flags, *more)
    run = only_run(Path("logs"))
    found = record(run)
    assert (done.code, found["status"]) == (1, "diverged")
    assert done.stderr.startswith(f"error: the loss of step {found['step'] + 1} is not finite")
    assert done.stderr.count("\n") == 1 and "--learning_rate" in done.stderr
    losses = curve(run, "train", "loss")
    assert losses[-1][0] == found["step"] and np.isfinite([loss for _, loss in losses]).all()
    prefixes = [path.with_suffix("") for path in (run / "checkpoints").glob("*.index")]
    assert prefixes
    for prefix in prefixes:
        assert int(prefix.name.removeprefix("step-")) <= found["step"]
        reader = tf.train.load_checkpoint(str(prefix))
        for name in reader.get_variable_to_shape_map():
            assert np.isfinite(reader.get_tensor(name)).all()


def test_signals(idx_directory, tmp_path):
    arguments = [f"--data_dir={idx_directory}", "--steps=1000000", "--batch_size=20"]
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        logdir = tmp_path / str(code)
        process = start("softmax", *arguments, f"--logdir={logdir}", cwd=tmp_path)
        assert process.stdout
        while not process.stdout.readline().startswith("step: 1000,"):
            assert process.poll() is None
        process.send_signal(number)
        returned, stdout, stderr = finish(process)
        assert (returned, stderr) == (code, "")
        found = record(only_run(logdir))
        assert found["status"] == "interrupted" and found["ended"]
        assert 1000 <= found["step"] < 1_000_000
        assert "interrupted after" in stdout


def _errors(done) -> list[str]:
    lines = done.stderr.splitlines()
    assert all(line.startswith("error: ") for line in lines), done.stderr
    return lines


def test_run_directory_that_vanishes(call_experiment, idx_directory, tmp_path):
    def remove() -> None:
        while not list(tmp_path.glob("logs/*/*/test/events*")):
            time.sleep(0.01)
        for run in tmp_path.glob("logs/*/*"):
            os.rename(run, tmp_path / "gone")
        shutil.rmtree(tmp_path / "gone")

    remover = threading.Thread(target=remove)
    remover.start()
    done = call_experiment(
        "softmax",
        f"--data_dir={idx_directory}",
        "--steps=20000",
        "--batch_size=20",
        "--eval_every=500",
    )
    remover.join()
    assert done.code == 1
    lines = _errors(done)
    assert any(re.search(r"[\d,]+ summary values were not written", line) for line in lines)
    assert any("removed" in line for line in lines)
    assert len(lines) <= 10, done.stderr  # not one for every evaluation
    assert "step: 20000," in done.stdout and "completed after 20,000 steps" in done.stdout
    assert not list(tmp_path.glob("logs/*/*"))


@pytest.fixture
def small_disk(tmp_path):
    with mounted(tmp_path / "disk", megabytes=1) as folder:
        yield folder


def test_disk_that_fills_while_training(call_experiment, idx_directory, small_disk):
    done = call_experiment(
        "softmax",
        f"--data_dir={idx_directory}",
        "--steps=20000",
        "--batch_size=20",
        "--log_every=1",
        "--eval_every=500",
        f"--logdir={small_disk}",
    )
    assert done.code == 1
    lines = _errors(done)
    assert any(re.search(r"[\d,]+ summary values were not written", line) for line in lines)
    assert any("space" in line.lower() for line in lines)
    assert len(lines) <= 10, done.stderr
    assert "completed after 20,000 steps" in done.stdout
    json.loads((only_run(small_disk) / "run.json").read_text())  # an old one or a new one, whole


def test_disk_that_is_full_at_the_start(call_experiment, idx_directory, small_disk):
    with pytest.raises(OSError, match="space"), open(small_disk / "ballast", "wb") as ballast:
        ballast.write(bytes(2**21))
    done = call_experiment(
        "softmax", f"--data_dir={idx_directory}", "--batch_size=20", f"--logdir={small_disk}"
    )
    assert done.code == 1
    assert "cannot write to the log directory" in done.stderr and done.stderr.count("\n") == 1
    assert [path.name for path in small_disk.iterdir()] == ["ballast"]
