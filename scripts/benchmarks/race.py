"""Contestants take turns on one machine: one trains, the others wait, round after round."""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from helper.errors import LabError
from scripts.benchmarks import load
from scripts.benchmarks.contestants import CONTESTANTS
from scripts.benchmarks.task import ROOT, Task

# Threads of a pool may spin for a while after their work is done: OpenMP's for up to 0.2 s.
_REST = 0.25


class Turn(NamedTuple):
    """seconds: of all its steps. loss, accuracy: means over its steps (NaN for the floor).

    others: how many cores other programs used meanwhile; None if the system does not report it.
    """

    seconds: float
    loss: float
    accuracy: float
    others: float | None = None


@dataclass(frozen=True)
class Result:
    """The turns of one contestant, without its warm-up. steps: in each turn."""

    name: str
    steps: int
    turns: tuple[Turn, ...]

    def microseconds(self) -> list[float]:
        """Per step, for every turn."""
        return [turn.seconds / self.steps * 1e6 for turn in self.turns]

    def times(self, other: Result) -> float:
        """How many times as long as the other it takes: the median over rounds.

        Both turns of a round were measured within seconds of each other, so whatever slows the
        machine for a while slows both.
        """
        pairs = zip(self.turns, other.turns, strict=True)
        return statistics.median(mine.seconds / theirs.seconds for mine, theirs in pairs)


class Worker:
    """The process of one contestant. Raises LabError with its last line if it fails."""

    def __init__(self, name: str, task: Task) -> None:
        self._name = name
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed in __exit__
        paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "scripts.benchmarks.worker", name, task.to_json()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
            env=os.environ
            | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
            | dict(CONTESTANTS[name].environment),
        )

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        for file in (self._process.stdin, self._process.stdout, self._stderr):
            with contextlib.suppress(OSError):  # a process that failed has not read everything
                if file:
                    file.close()

    def train(self, steps: int) -> Turn:
        """Let it train this many more steps, and wait for its answer."""
        others = load.Others(self._process.pid)
        with contextlib.suppress(BrokenPipeError):
            print(steps, file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline() if self._process.stdout else ""
        if not answer:
            raise LabError(f"{CONTESTANTS[self._name].title} failed: {self._last_line()}")
        return Turn(**json.loads(answer), others=others.cores())

    def _last_line(self) -> str:
        self._process.wait()
        self._stderr.seek(0)
        lines = self._stderr.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"exit code {self._process.returncode}"


def race(
    names: Sequence[str], task: Task, patience: float, report: Callable[[str], None]
) -> list[Result]:
    """Let the contestants take turns, A B C A B C …, after one turn each to warm up.

    patience: wait at most this many seconds before each turn for other programs to be quiet.
    report: called with a line on the progress.
    """
    turns: dict[str, list[Turn]] = {name: [] for name in names}
    with contextlib.ExitStack() as stack:
        workers = {name: stack.enter_context(Worker(name, task)) for name in names}
        for name, worker in workers.items():
            report(f"{CONTESTANTS[name].title}: warming up")
            worker.train(task.turn)
        for number in range(1, task.turns):
            report(f"round {number} of {task.turns - 1}")
            for name, worker in workers.items():
                time.sleep(_REST)
                load.wait_until_quiet(patience)
                turns[name].append(worker.train(task.turn))
    return [Result(name, task.turn, tuple(turns[name])) for name in names]
