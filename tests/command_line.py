"""Experiments started as a user starts them, and what they leave."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from helper import command as tools
from helper.runs import events

ROOT = Path(__file__).resolve().parents[1]


class Finished(NamedTuple):
    """A program that has ended: its exit code, and what it wrote."""

    code: int
    stdout: str
    stderr: str


def command(name: str, *arguments: str) -> list[str]:
    return [sys.executable, str(ROOT / "experiments" / f"{name}.py"), *arguments]


def environment(**variables: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "COLUMNS"} | variables


def run(name: str, *arguments: str, cwd: Path, **variables: str) -> Finished:
    """``python experiments/<name>.py`` with these arguments, in a process of its own."""
    done = subprocess.run(
        command(name, *arguments),
        cwd=cwd,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=120,
    )
    return Finished(done.returncode, done.stdout, done.stderr)


def start(name: str, *arguments: str, cwd: Path) -> subprocess.Popen[str]:
    """The same, without waiting for its end. Its output is unbuffered text."""
    return subprocess.Popen(
        command(name, *arguments),
        cwd=cwd,
        env=environment(PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> Finished:
    """Wait for the end of what ``start`` gave."""
    stdout, stderr = process.communicate(timeout=120)
    return Finished(process.returncode, stdout, stderr)


def call(name: str, *arguments: str, monkeypatch: Any, capfd: Any) -> Finished:
    """The same inside this process: ``cli.run`` on the experiment's ``main``."""
    from helper.training import cli
    from tests import experiment_modules

    module = experiment_modules.load(name)
    monkeypatch.setattr(sys, "argv", [module.__file__, *arguments])
    capfd.readouterr()
    code: Any = None
    try:
        cli.run(module.main)
    except SystemExit as stop:
        code = stop.code
    except Exception:
        traceback.print_exc()
        code = "a traceback"
    out, err = capfd.readouterr()
    return Finished(0 if code is None else code, out, err)


def script(main: Callable[[Sequence[str]], int | None], *arguments: object) -> Finished:
    """A script's ``main`` as the command line runs it, inside this process: ``command.run``.

    Standard output and error take UTF-8 and nothing else, as those of a process do.
    """
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = tools.run(lambda: main([str(argument) for argument in arguments]))
    return Finished(code, *(stream.buffer.getvalue().decode() for stream in (out, err)))


def only_run(logdir: Path) -> Path:
    """The one run directory below a log directory."""
    (found,) = runs(logdir)
    return found


def runs(logdir: Path) -> list[Path]:
    return sorted(path.parent for path in logdir.glob("*/*/run.json"))


def curve(run: Path, split: str, tag: str) -> list[tuple[int, float]]:
    """(step, value) of every point that a run logged."""
    found = events.read_scalars(run / split)[tag]
    return list(zip(found.step.tolist(), found.value.tolist(), strict=True))


def record(run: Path) -> dict[str, Any]:
    return json.loads((run / "run.json").read_text())


def check_refused(done: Finished, code: int, *said: str, announced: bool = False) -> None:
    """One line that says what was wrong, the right exit code, no traceback.

    announced: it takes TensorFlow, or writing, to notice, so the run's first line comes before.
    """
    assert done.stderr.startswith("error: "), done.stderr
    assert done.stderr.count("\n") == 1 and done.stderr.endswith("\n"), done.stderr
    for words in said:
        assert words in done.stderr
    assert [" training and " in line for line in done.stdout.splitlines()] == [True] * announced
    assert done.code == code
