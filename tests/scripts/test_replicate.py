from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from helper import command
from scripts import replicate
from tests.made_runs import make_run

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "replicate.py"


@pytest.fixture
def started(monkeypatch):
    """The commands that are started; each leaves a completed run, unless "fail" is among them."""
    commands: list[list[str]] = []

    def fake(arguments, **_):
        commands.append(arguments)
        (logdir,) = (a[len("--logdir=") :] for a in arguments if a.startswith("--logdir="))
        (seed,) = (int(a[len("--seed=") :]) for a in arguments if a.startswith("--seed="))
        if seed == 7:
            return SimpleNamespace(returncode=1)
        directory = Path(logdir, Path(arguments[1]).stem)
        number = len(list(directory.glob("*"))) + 1
        path = make_run(directory / f"{number:04d}", 0.9 + seed / 100, seed=seed, batch_size=100)
        record = json.loads((path / "run.json").read_text())
        record["argv"] = arguments[1:]
        (path / "run.json").write_text(json.dumps(record))
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(subprocess, "run", fake)
    return commands


def replicated(*arguments) -> int:
    return command.run(lambda: replicate.main([str(argument) for argument in arguments]))


def test_runs_real_commands_and_not_twice(started, tmp_path, capsys):
    logdir = tmp_path / "logs"
    options = ["--only", "S2a,S0", "--seeds", "2", "--logdir", logdir]
    assert replicated(*options) == 0
    assert [(Path(c[1]).name, c[2:-3]) for c in started] == [
        ("softmax.py", []),
        ("softmax.py", []),
        ("mlp.py", ["--flagfile=experiments/presets/s0_relu_adam.flags"]),
        ("mlp.py", ["--flagfile=experiments/presets/s0_relu_adam.flags"]),
    ]
    assert [c[-3] for c in started] == ["--seed=0", "--seed=1"] * 2
    assert "90.50 ± 0.71 %" in capsys.readouterr().out
    assert "| S2a |" in (logdir / "replication.md").read_text()
    assert replicated(*options) == 0
    assert len(started) == 4
    assert "already completed, " in capsys.readouterr().out
    assert replicated("--only", "S0", "--seeds", "3", "--logdir", logdir) == 0
    assert len(started) == 5 and "--seed=2" in started[-1]


def test_the_newest_completed_run_counts(started, tmp_path, capsys):
    options = ["--only", "S2a", "--seeds", "1", "--logdir", tmp_path]
    assert replicated(*options) == 0
    shutil.copytree(tmp_path / "softmax" / "0001", tmp_path / "softmax" / "0002")
    shutil.copytree(tmp_path / "softmax" / "0001", tmp_path / "softmax" / "0003")
    path = tmp_path / "softmax" / "0003" / "run.json"
    path.write_text(path.read_text().replace('"completed"', '"diverged"'))
    (tmp_path / "softmax" / "0004").mkdir()
    (tmp_path / "softmax" / "0004" / "run.json").write_text('{"format": 1, "status": "completed"}')
    capsys.readouterr()
    assert replicated(*options) == 0
    assert "S2a, seed 0: already completed, 0002\n" in capsys.readouterr().out
    assert len(started) == 1


def test_an_unfinished_run_is_made_again(started, tmp_path):
    options = ["--only", "S2a", "--seeds", "1", "--logdir", tmp_path]
    assert replicated(*options) == 0
    path = tmp_path / "softmax" / "0001" / "run.json"
    path.write_text(path.read_text().replace('"completed"', '"interrupted"'))
    assert replicated(*options) == 0
    assert len(started) == 2


def test_a_quick_run_does_not_pass_for_a_full_one(started, tmp_path):
    options = ["--only", "S2a", "--seeds", "1", "--logdir", tmp_path]
    assert replicated(*options, "--quick", "--markdown", tmp_path / "quick.md") == 0
    assert "--steps=500" in started[0]
    assert (tmp_path / "quick.md").read_text().startswith("Shortened runs")
    assert replicated(*options) == 0
    assert len(started) == 2 and "Shortened" not in (tmp_path / "replication.md").read_text()


def test_a_run_that_fails_is_said_and_the_others_go_on(started, tmp_path, capsys):
    assert replicated("--only", "S2a", "--seeds", "9", "--logdir", tmp_path) == 1
    captured = capsys.readouterr()
    assert captured.err.splitlines()[0] == "error: S2a, seed 7 ended with exit code 1"
    assert len(started) == 9 and "94.00" in captured.out  # the mean of 0.90 … 0.96 and 0.98


def test_one_seed_of_what_takes_long(started, tmp_path):
    assert replicated("--only", "S2b-long", "--logdir", tmp_path) == 0
    assert len(started) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "S9"], "no system 'S9'"),
        (["--only", ""], "no system ''"),
        (["--seeds", "0"], "--seeds must be from 1"),
        (["--seeds", "many"], "invalid int value"),
    ],
)
def test_bad_input_is_one_line(started, capsys, arguments, message):
    assert replicated(*arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and error.count("\n") == 1 and message in error
    assert not started


@pytest.mark.slow
def test_for_real(tmp_path):
    options = ["--quick", "--only", "S1-3-4-3", "--seeds", "2", "--logdir", str(tmp_path / "logs")]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *options], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "logs" / "replication.md").read_text()
    (line,) = (line for line in text.splitlines() if line.startswith("| S1-3-4-3"))
    assert line.split("|")[3].strip() == "2" and line.rstrip(" |").endswith("31")
