"""The sweep with a stand-in for an experiment, which makes real runs without TensorFlow."""

from __future__ import annotations

import itertools
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from helper.runs import listing
from scripts.sweep import show_next
from tests.made_runs import make_run

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "sweep.py"
EXPERIMENT = """
import os, signal, sys, time
sys.path.insert(0, {root!r})
from helper.runs import directory as runs
from helper.runs.record import Record, Status
flags = dict(item[2:].split("=", 1) for item in sys.argv[1:])
if flags.get("seed") == "13":
    sys.exit("error: 13 brings bad luck")
stop = []
signal.signal(signal.SIGINT, lambda *_: stop.append(1))
resumed = "resume" in flags
if resumed:
    run = runs.reopen(__import__("pathlib").Path(flags["resume"]))
else:
    engine = {{"pid": os.getpid()}}
    name = flags.get("run_name", "")
    first = Record("toy", "", argv=sys.argv, flags=flags, engine=engine, steps=3)
    run = runs.create(flags["logdir"], name, first)
for step in range(run.record.step + 1, 4):
    time.sleep(float(run.record.flags.get("pause", "0")))
    if stop:
        run.record.status = Status.INTERRUPTED
        run.record.engine["signals"] = len(stop)
        run.save_record()
        sys.exit(130)
    (run.path / "checkpoints").mkdir(exist_ok=True)
    (run.path / "checkpoints" / f"step-{{step:08d}}.index").touch()
    run.record.step = step
    run.save_record()
    print(f"step: {{step}}, train-acc: 0.5000, test-acc: 0.5000", flush=True)
diverged = run.record.flags.get("learning_rate") == "9"
run.record.status = Status.DIVERGED if diverged else Status.COMPLETED
run.record.engine["resumed"] = resumed
run.record.final = {{"test/accuracy": 0.75}}
run.save_record()
sys.exit(diverged)
"""


@pytest.fixture
def toy(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    script = tmp_path / "toy.py"
    script.write_text(EXPERIMENT.format(root=str(ROOT)))
    return script


def command(*arguments):
    return [sys.executable, str(SCRIPT), "toy.py", *arguments]


def sweep(*arguments):
    return subprocess.run(command(*arguments), capture_output=True, text=True, timeout=60)


def runs():
    return listing.find(Path("logs")) if Path("logs").exists() else ()


def settings():
    return sorted((run.flags["learning_rate"], run.flags["seed"], run.status) for run in runs())


def wait_for(condition):
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


GRID = ("--learning_rate=0.1,0.5", "--seed=1..2")
ALL = [(rate, seed, "completed") for rate in ("0.1", "0.5") for seed in ("1", "2")]


def test_grid_and_started_again(toy):
    done = sweep(*GRID, "--jobs=2")
    assert done.returncode == 0, done.stderr
    assert settings() == ALL
    assert {run.name.partition("-")[2] for run in runs()} == {
        f"learning_rate={rate},seed={seed}" for rate, seed, _ in ALL
    }
    assert len(re.findall(r"^\[\d/4\] learning_rate=.* seed=.: completed", done.stdout, re.M)) == 4
    again = sweep(GRID[0], "--seed=1..3")
    assert again.stdout.count("completed before") == 4
    assert len(runs()) == 6


def test_dry_run_prints_commands_that_work(toy):
    shown = sweep(*GRID, "--dry_run").stdout.splitlines()
    assert len(shown) == 4 and not Path("logs").exists()
    subprocess.run(shlex.split(shown[0]), check=True)
    shown = sweep(*GRID, "--dry_run").stdout.splitlines()
    assert shown[0] == "# completed before: toy/0001-learning_rate=0.1,seed=1"


def test_a_failed_run_is_reported_and_not_fatal(toy):
    done = sweep("--learning_rate=0.1,9", "--seed=13,1")
    assert done.returncode == 1
    assert done.stdout.count("failed, error: 13 brings bad luck") == 2
    assert settings() == [("0.1", "1", "completed"), ("9", "1", "diverged")]
    assert "4 runs: 1 completed, 1 diverged, 2 failed" in done.stdout
    # What diverged would diverge again; what failed is tried again.
    again = sweep("--learning_rate=0.1,9", "--seed=13,1")
    assert again.stdout.count("before,") == 2 and again.stdout.count("bad luck") == 2


def test_killed_and_started_again(toy):
    many = command(*GRID, "--jobs=2", "--pause=0.3")
    with subprocess.Popen(many, stdout=subprocess.DEVNULL) as process:
        wait_for(lambda: [bool(r.record and r.record.step) for r in runs()] == [True, True])
        process.kill()
    # Its two runs end with it, and the new sweep resumes them.
    wait_for(lambda: {run.status for run in runs()} == {"killed"})
    done = sweep(*GRID, "--jobs=2", "--pause=0.3")
    assert done.returncode == 0
    assert settings() == ALL
    assert sum(run.record.engine["resumed"] for run in runs()) == 2


def test_a_killed_run_is_resumed(toy):
    slow = command(*GRID, "--jobs=1", "--pause=0.3")
    with subprocess.Popen(slow, stdout=subprocess.DEVNULL) as process:
        wait_for(lambda: any(r.record and r.record.step for r in runs()))
        process.kill()
    wait_for(lambda: [run.status for run in runs()] == ["killed"])
    assert sweep(*GRID, "--pause=0.3").returncode == 0
    assert settings() == ALL
    assert [run.record.engine["resumed"] for run in runs()] == [True, False, False, False]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_by_a_signal(toy, number):
    process = subprocess.Popen(
        command(*GRID, "--jobs=1", "--pause=0.2"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_for(lambda: any(r.record and r.record.step for r in runs()))
    os.killpg(process.pid, number)  # Ctrl-C on a terminal reaches the whole group
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert errors == "stopped; the same command continues from here\n"
    assert [(run.status, run.record.engine["signals"]) for run in runs()] == [("interrupted", 1)]
    assert sweep(*GRID, "--pause=0.2").returncode == 0
    assert settings() == ALL


def test_a_second_ctrl_c_kills(toy):
    toy.write_text(
        "import os, pathlib, signal, time\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "pathlib.Path('pid').write_text(str(os.getpid()))\n"
        "time.sleep(60)\n"
    )
    process = subprocess.Popen(command("--seed=1"), stderr=subprocess.PIPE, text=True)
    wait_for(lambda: Path("pid").exists() and Path("pid").read_text())
    process.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.5)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (130, "stopped; the same command continues from here\n")
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", Path("pid").read_text()], capture_output=True, text=True
    )
    assert state.stdout[:1] in ("", "Z")  # gone, or waiting for its new parent to notice


def swept(capsys, logdir):
    """What a sweep that made all the runs of an experiment prints of the next commands."""
    show_next(listing.find(logdir, ["toy"]), Path("toy.py"), logdir)
    return [line.partition(": ") for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("seeds, test", [((1, 2, 3), "paired t-test"), ((1,), "McNemar")])
def test_the_next_commands_work_from_anywhere(tmp_path, monkeypatch, capsys, seeds, test):
    pytest.importorskip("scipy", reason="verdicts need the extra [compare]")
    logdir, label = tmp_path / "some logs", np.arange(100) % 10
    for number, (rate, seed) in enumerate(itertools.product((0.1, 0.5), seeds)):
        wrong = np.arange(100) < number * number + 3
        predicted = np.where(wrong, 1 - label, label)
        make_run(
            logdir / "toy" / f"{number:04d}",
            predicted=predicted,
            label=label,
            learning_rate=rate,
            seed=seed,
        )
    monkeypatch.chdir(tmp_path)
    *shown, (look, *_), link = swept(capsys, Path("some logs"))
    assert [words[0] for words in shown] == ["compare them", "which is better"]
    assert look == "look at it" and "#timeseries" in "".join(link)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    outputs = [subprocess.check_output(["bash", "-c", words[2]], text=True) for words in shown]
    assert "0.5" in outputs[0]
    assert f"{len(seeds)} on each side" in outputs[1] and test in outputs[1]


def test_the_next_commands_are_short_in_the_project(tmp_path, monkeypatch, capsys):
    make_run(tmp_path / "toy" / "0001", predicted=np.arange(9), label=np.arange(9))
    make_run(tmp_path / "toy" / "0002", predicted=np.arange(9), label=np.arange(9), seed=1)
    monkeypatch.chdir(ROOT)
    # Only the seed differs: there are no settings to judge.
    words, *_ = swept(capsys, tmp_path)
    table = f"python scripts/compare_runs.py toy --logdir={tmp_path} --group_by=-seed"
    assert "".join(words) == f"compare them: {table}"


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--jobs=0"], "--jobs"),
        (["--random=0"], "--random"),
        (["--seed=3..1"], "range"),
        (["seed=1"], "not a setting"),
        (["--rate=0.1..1.0"], "--random"),
        (["--rate=1e0..1e999", "--random=3"], "not a range"),
        (["--seed=0.1..1.0", "--random=3"], "--seed takes whole numbers"),
        (["--seed=1..100", "--a=0.1..1.0", "--random=1000000000"], "the most is 100,000"),
    ],
)
def test_a_mistake_is_one_line(toy, arguments, message):
    done = sweep(*arguments)
    assert done.returncode == 2 and message in done.stderr
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
    assert not Path("logs").exists()


def test_a_random_number_beyond_all_combinations(toy):
    done = sweep("--a=1,2", "--b=1,2", "--random=1000000000", "--dry_run")
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 4


def test_no_such_experiment(tmp_path):
    done = subprocess.run(
        [sys.executable, SCRIPT, tmp_path / "none.py"], capture_output=True, text=True
    )
    assert done.returncode == 2 and "none.py is not an experiment script" in done.stderr
