"""Successive halving by the command line, of runs of a stand-in and of a real experiment."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from helper.runs import listing
from helper.sweeping.workers import Ended
from scripts import sweep
from tests import command_line, fork_server, toy_experiment
from tests.run_contents import check_equal, curves

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r" *\d+ +\d of \d ")
FIVE = ("--quality=0.2,0.4,0.5,0.3,0.1", "--halving=2", "--min_steps=1000")


@pytest.fixture
def toy(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "toy.py").write_text(toy_experiment.program(ROOT))


def command(*arguments):
    return [sys.executable, str(ROOT / "scripts" / "sweep.py"), "toy.py", *arguments]


def halve(*arguments):
    return subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        timeout=120,
        env=command_line.environment(),
    )


def runs():
    return listing.find(Path("logs")) if Path("logs").exists() else []


def steps():
    return {run.flags["quality"]: run.record.steps for run in runs() if run.record}


def wait_for(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_what_is_printed_and_left(toy):
    done = halve(*FIVE, "--jobs=1")
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("note: --validation_split=0.1 is added: ")
    lines = done.stdout.splitlines()
    assert lines[0] == "plan: 5 runs to 1,000 steps, the best 2 to 2,000"
    assert [line for line in lines if line.startswith("rung")] == [
        "rung 1 of 2: 5 runs to 1,000 steps",
        "rung 2 of 2: 2 runs to 2,000 steps",
    ]
    assert "[1/5] quality=0.2: completed, validation/accuracy 0.1000, logs/toy/0001" in lines[2]
    table = [line.split() for line in lines if ROW.match(line)]
    assert table == [
        ["1", "2", "of", "2", "2,000", "0.3750", "0.5"],
        ["2", "2", "of", "2", "2,000", "0.3000", "0.4"],
        ["3", "1", "of", "2", "1,000", "0.1500", "0.3"],
        ["4", "1", "of", "2", "1,000", "0.1000", "0.2"],
        ["5", "1", "of", "2", "1,000", "0.0500", "0.1"],
    ]
    assert "best: quality=0.5 after 2,000 steps (toy/0003-quality=0.5)" in lines
    assert "steps trained: 7,000 of the 10,000 that all runs to the end would take (70%)" in lines
    assert steps() == {"0.5": 2000, "0.4": 2000, "0.3": 1000, "0.2": 1000, "0.1": 1000}
    again = halve(*FIVE)
    assert again.returncode == 0 and again.stdout.count("completed before") == 7
    end = "best: quality"
    assert again.stdout.partition(end)[2] == done.stdout.partition(end)[2]


def test_the_verdict_of_the_best_against_the_second(toy):
    pytest.importorskip("scipy", reason="verdicts need the extra [compare]")
    done = halve(*FIVE)
    said = done.stdout[done.stdout.index("steps trained") :].splitlines()
    assert said[1:3] == ["first:  quality=0.4 (rank 2)", "second: quality=0.5 (rank 1)"]
    assert "points" in said[3] and said[4].startswith("McNemar's exact test: p = ")
    (words,) = (line.partition(": ")[2] for line in said if line.startswith("which is better: "))
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    shown = subprocess.check_output(
        ["bash", "-c", words], text=True, env={**os.environ, "PATH": path}
    )
    assert said[4] in shown.splitlines()


def test_dry_run_shows_the_plan_and_trains_nothing(toy):
    done = halve(*FIVE, "--dry_run")
    first, *commands = done.stdout.splitlines()
    assert first.startswith("# plan: 5 runs") and not Path("logs").exists()
    assert len(commands) == 5 and all("--steps=1000" in line for line in commands)


def test_killed_and_started_again(toy):
    arguments = (*FIVE, "--jobs=2", "--pause=0.2")
    with subprocess.Popen(
        command(*arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        wait_for(lambda: 2000 in steps().values())
        process.kill()
    for run in runs():  # what it was training goes on without it, but not after this
        if run.record and run.status == "running":
            os.kill(run.record.engine["pid"], signal.SIGKILL)
    done = halve(*arguments)
    assert done.returncode == 0, done.stderr
    assert steps() == {"0.5": 2000, "0.4": 2000, "0.3": 1000, "0.2": 1000, "0.1": 1000}
    assert "best: quality=0.5 " in done.stdout and "7,000 of the 10,000" in done.stdout
    assert "rung 1 of 2" in done.stdout and done.stdout.count("completed before") >= 5


def test_stopped_by_ctrl_c(toy):
    process = subprocess.Popen(
        command(*FIVE, "--pause=0.3"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for(lambda: len(runs()) >= 2)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors.splitlines()[-1] == "stopped; the same command continues from here"
    assert halve(*FIVE, "--pause=0.3").returncode == 0


def test_a_failed_setting_is_last_and_the_exit_code_says_so(toy):
    done = halve("--quality=0.2,0.4,0.5", "--diverge_at=100;9000", *FIVE[1:])
    assert done.returncode == 1
    table = [line.split() for line in done.stdout.splitlines() if ROW.match(line)]
    assert [row[5] for row in table[3:]] == ["diverged"] * 3
    assert "no verdict" not in done.stdout


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["--halving=2"], "--min_steps"),
        (["--min_steps=5"], "--halving"),
        ([*FIVE, "--validation_split=0"], "must not choose"),
        ([*FIVE, "--steps=900"], "more than --min_steps"),
    ],
)
def test_a_mistake_is_one_line(toy, arguments, said):
    done = halve(*arguments)
    assert done.returncode == 2 and said in done.stderr
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1


class Forking:
    """Workers that train real experiments without importing TensorFlow for each."""

    jobs = 1

    def __init__(self, server):
        self._server = server

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def train(self, task, said):
        child = self._server.start(task.script.stem, *task.arguments)
        code = child.code()
        for line in child.output.splitlines():
            said(line)
        return Ended(code, child.output if code else "")

    def interrupt(self):
        pass

    kill = interrupt


SHORT = ("--optimizer=adam", "--learning_rate=0.001,0.01,0.1", "--steps=45")
LONGER = ("--optimizer=adam,momentum", "--learning_rate=0.001,0.01,0.1")


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings, steps, evaluated",
    [
        (SHORT, 45, [0, 1, 2, 5, 10, 20, 40, 45]),
        (LONGER, 80, [0, 1, 2, 5, 10, 20, 40, 60, 80]),
    ],
)
def test_the_winner_is_the_run_in_one_go(
    tmp_path, idx_directory, monkeypatch, capsys, settings, steps, evaluated
):
    """Bit for bit: variables, the optimizer's slots, curves, record, predictions, files."""
    network = ["--layers=8", "--dropout=0.2", "--batch_size=10", "--log_every=7", "--seed=3"]
    common = [f"--data_dir={idx_directory}", *network]
    with fork_server.serving(tmp_path) as server:
        monkeypatch.setattr(sweep.this_machine, "workers", lambda jobs: Forking(server))
        halving = ["--halving=2", "--min_steps=20", f"--logdir={tmp_path / 'logs'}"]
        code = sweep.main([str(ROOT / "experiments" / "mlp.py"), *common, *settings, *halving])
        shown = capsys.readouterr()
        assert code == 0, shown
        assert "--validation_split=0.1" in shown.err and "--eval_every=20" in shown.err
        (name,) = re.findall(r"^best: .*\((.*)\)$", shown.out, re.M)
        best = listing.one(name, tmp_path / "logs")
        own = [
            f"--{name}={best.flags[name]}" for name in ("optimizer", "learning_rate", "run_name")
        ]
        added = ["--validation_split=0.1", "--eval_every=20", f"--steps={steps}"]
        child = server.start("mlp", *common, *own, *added, f"--logdir={tmp_path / 'whole'}")
        assert child.code() == 0, child.output
    whole = command_line.only_run(tmp_path / "whole")
    check_equal(best.path, whole)
    assert [step for step, _ in curves(whole)["validation", "accuracy"]] == evaluated
