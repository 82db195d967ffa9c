"""Ctrl-C and SIGTERM at any moment of real runs."""

from __future__ import annotations

import os
import random
import signal
import statistics
import subprocess
import time

import pytest

from tests import data_files, fork_server
from tests.command_line import environment, finish, only_run, record, start
from tests.run_contents import check_equal

# Enough examples for signals to come during evaluations; the last one takes the longest.
FLAGS = ["--layers=64", "--dropout=0.2", "--optimizer=momentum", "--batch_size=20"]
FLAGS += ["--steps=900", "--log_every=7", "--eval_every=100"]


@pytest.fixture(scope="module")
def many_examples(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "many"
    data_files.write_idx_set(folder, data_files.small_arrays(30_000, 30_000, 14))
    return folder


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_interrupted_at_random_moments(many_examples, tmp_path):
    seed = random.SystemRandom().randrange(10**6)
    moments = random.Random(seed)
    print(f"random moments of seed {seed}")
    with fork_server.serving(tmp_path) as server:
        arguments = [f"--data_dir={many_examples}", *FLAGS]
        child = server.start("mlp", f"--logdir={tmp_path / 'whole'}", *arguments)
        assert child.code() == 0, child.output
        waits: list[float] = []

        def interrupt(logdir, arguments, number, words, delay) -> int:
            child = server.start("mlp", f"--logdir={logdir}", *arguments)
            child.wait_for(words)
            time.sleep(delay)
            began = time.monotonic()
            os.kill(child.number, number)
            code = child.code()
            waits.append(time.monotonic() - began)
            assert code in (0, 128 + number), child.output
            assert "Traceback" not in child.output and "error" not in child.output
            status = record(only_run(logdir))["status"]
            assert status == ("interrupted" if code else "completed")
            return code

        # At any moment, again and again; then while the last evaluations are made.
        logdir, late = tmp_path / "logs", tmp_path / "late"
        for number in [signal.SIGINT, signal.SIGTERM] * 8:
            first = arguments if not waits else ["--resume=latest"]
            if interrupt(logdir, first, number, "Total params", moments.uniform(0, 0.5)) == 0:
                break  # it was too late for the signal
        assert len(waits) >= 6
        interrupt(late, arguments, signal.SIGINT, "step: 900", moments.uniform(0, 0.05))
        for folder in (logdir, late):
            child = server.start("mlp", f"--logdir={folder}", "--resume=latest")
            assert child.code() == 0, child.output
            check_equal(only_run(folder), only_run(tmp_path / "whole"))
    print("seconds from the signal to the end:", [round(wait, 2) for wait in sorted(waits)])
    assert statistics.median(waits) < 0.5


@pytest.mark.slow
def test_the_command_that_it_says(idx_directory, tmp_path):
    folder = tmp_path / "a b"  # has to be quoted
    folder.mkdir()
    arguments = [f"--data_dir={idx_directory}", "--steps=100000", "--batch_size=20"]
    process = start("softmax", *arguments, "--logdir=my logs", cwd=folder)
    assert process.stdout
    while not process.stdout.readline().startswith("step: 1000,"):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    code, stdout, stderr = finish(process)
    assert (code, stderr) == (130, "")
    (line,) = [line for line in stdout.splitlines() if line.startswith("resume it: ")]
    said = line.removeprefix("resume it: ").strip()
    step = record(only_run(folder / "my logs"))["step"]
    done = subprocess.run(
        said + f" --steps={max(100_000, step)}",
        shell=True,
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert f"at step {step:,} of 100,000" in " ".join(done.stdout.split())


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_before_there_is_a_run(idx_directory, tmp_path, number):
    """While Python starts, while TensorFlow is imported, while the graph is built."""
    arguments = [f"--data_dir={idx_directory}", "--steps=1000000", "--batch_size=20"]
    for delay in (0.5, 1.5, 2.5):
        process = start("softmax", *arguments, cwd=tmp_path)
        time.sleep(delay)
        began = time.monotonic()
        process.send_signal(number)
        code, _, stderr = finish(process)
        assert code in (-number, 128 + number)
        assert stderr == ""
        assert time.monotonic() - began < 2
    assert all(record(run)["status"] == "interrupted" for run in tmp_path.glob("logs/*/*"))


def test_a_second_signal_kills(tmp_path, idx_directory):
    with fork_server.serving(tmp_path) as server:
        arguments = [f"--data_dir={idx_directory}", "--steps=1000000", "--batch_size=20"]
        child = server.start("softmax", f"--logdir={tmp_path / 'logs'}", *arguments)
        child.wait_for("step: 1000")
        os.kill(child.number, signal.SIGSTOP)  # so that it cannot end after the first
        os.kill(child.number, signal.SIGINT)
        os.kill(child.number, signal.SIGCONT)
        time.sleep(0.001)
        os.kill(child.number, signal.SIGTERM)
        assert child.code() in (-signal.SIGTERM, 130)
