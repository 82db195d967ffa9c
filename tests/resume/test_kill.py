"""Runs that are killed at any moment, and resumed, end like those that never were: bit for bit."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import fork_server
from tests.command_line import only_run
from tests.fork_server import Child, ForkServer
from tests.run_contents import check_equal
from tests.tensorboard_server import Server, serving

OPTIMIZERS = ("sgd", "momentum", "adam")
KILLS = 12  # of each optimizer
STEPS = 1805
# So much is saved that most of the time goes into it.
FLAGS = [
    f"--steps={STEPS}",
    "--layers=16",
    "--dropout=0.3",
    "--batch_size=20",
    "--log_every=3",
    "--eval_every=10",
    "--checkpoint_every=5",
]


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[ForkServer]:
    with fork_server.serving(tmp_path_factory.mktemp("output")) as started:
        yield started


def start_or_resume(server: ForkServer, logdir: Path, *arguments: str, die_at: int = 0) -> Child:
    if list(logdir.glob("*/*/run.json")):
        return server.start("mlp", f"--logdir={logdir}", "--resume=latest", die_at=die_at)
    return server.start("mlp", f"--logdir={logdir}", *arguments, die_at=die_at)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_kill_at_every_file_operation(server, idx_directory, tmp_path):
    """Each launch of one run dies one operation later than the one before."""
    arguments = [f"--data_dir={idx_directory}", *FLAGS, "--optimizer=adam", "--steps=100"]
    child = server.start("mlp", f"--logdir={tmp_path / 'whole' / 'logs'}", *arguments)
    assert child.code() == 0, child.output
    logdir = tmp_path / "logs"
    for number in range(1, 41):
        child = start_or_resume(server, logdir, *arguments, die_at=number)
        assert child.code() == -9, child.output
    child = start_or_resume(server, logdir, *arguments)
    assert child.code() == 0, child.output
    check_equal(only_run(logdir), only_run(tmp_path / "whole" / "logs"))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_kill_at_random_moments(server, idx_directory, tmp_path):
    seed = random.SystemRandom().randrange(10**6)
    moments = random.Random(seed)
    print(f"random moments of seed {seed}")
    for optimizer in OPTIMIZERS:
        arguments = [f"--data_dir={idx_directory}", *FLAGS, f"--optimizer={optimizer}"]
        logdir = tmp_path / "logs" / f"{optimizer}-whole"
        child = server.start("mlp", f"--logdir={logdir}", *arguments)
        assert child.code() == 0, child.output
        whole = only_run(logdir)
        logdir = tmp_path / "logs" / f"{optimizer}-killed"
        steps = [0]
        for _ in range(KILLS):
            child = start_or_resume(server, logdir, *arguments)
            child.wait_for("resuming" if len(steps) > 1 else "Total")
            if moments.random() < 0.3:
                time.sleep(moments.uniform(0, 0.5))  # before the first step
            else:
                wait_for_step(logdir, steps[-1] + 1)
                time.sleep(moments.uniform(0, 0.3))
            child.kill()
            assert child.code() == -9, child.output
            steps.append(max(_saved(logdir), default=0))
        child = start_or_resume(server, logdir, *arguments)
        assert child.code() == 0, child.output
        print(f"{optimizer}: killed with checkpoints of step {steps}")
        assert len(set(steps)) > KILLS / 3  # it went on each time
        check_equal(only_run(logdir), whole)
    check_tensorboard(tmp_path / "logs")


def wait_for_step(logdir: Path, step: int) -> None:
    end = time.monotonic() + 60
    while max(_saved(logdir), default=0) < step:
        assert time.monotonic() < end
        time.sleep(0.001)


def _saved(logdir: Path) -> list[int]:
    return [int(path.stem[5:]) for path in logdir.glob("*/*/checkpoints/step-*.json")]


def check_tensorboard(logdir: Path) -> None:
    """Both loaders show the curves of the killed runs as those of the others, point by point."""
    for fast in (True, False):
        with serving(logdir, fast) as server:
            server.until(_complete)
            shown = {
                name: {tag: server.scalars(name, tag) for tag in found}
                for name, found in server.get("plugin/scalars/tags").items()
            }
        for optimizer in OPTIMIZERS:
            whole, killed = (
                {
                    name.rpartition("learning")[0].partition("/")[2] + name.split("/")[-1]: found
                    for name, found in shown.items()
                    if name.startswith(f"{optimizer}-{kind}/")
                }
                for kind in ("whole", "killed")
            )
            assert whole == killed
            (train,) = (v for name, v in whole.items() if name.endswith("train"))
            assert [step for step, _ in train["loss"]] == [*range(0, STEPS, 3), STEPS]


def _complete(server: Server) -> bool:
    tags = server.get("plugin/scalars/tags")
    ends = [
        name for name, found in tags.items() if any(tag.startswith("results/") for tag in found)
    ]
    return len(ends) == 2 * len(OPTIMIZERS)
