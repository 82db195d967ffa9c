"""The time a run spends on everything but its training steps, measured inside a real run.

    python -m scripts.benchmarks.overhead EXPERIMENT OUTPUT [FLAG…]

trains, at default settings except for the flags, and writes the seconds of each part to OUTPUT as
JSON. It runs on a terminal of its own, so that the progress bar is drawn.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import json
import os
import pty
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from helper.errors import LabError
from scripts.benchmarks.task import ROOT

STEPS, EVALUATION = "training steps", "evaluation"
SUMMARIES, PICTURES = "summaries", "weight images and confusion matrix"
CHECKPOINTS, PROGRESS, SAFETY = "checkpoints", "progress bar", "safety checks"
REST = "everything else"
_TOGETHER = "from summaries to safety checks"
PARTS = (SUMMARIES, PICTURES, CHECKPOINTS, PROGRESS, SAFETY)
# The largest share of a run allowed for the pictures, and for all these parts together.
_PICTURES_AIM = 0.03
_AIM = 0.05


class Stopwatch:
    """Seconds of each part; while an inner part runs, the clock of the outer one is paused."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._running: list[str] = []
        self._since = time.perf_counter()

    @contextlib.contextmanager
    def part(self, name: str) -> Iterator[None]:
        self._note()
        self._running.append(name)
        try:
            yield
        finally:
            self._note()
            self._running.pop()

    def add(self, name: str, seconds: float) -> None:
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds

    def watch(self, owner: Any, method: str, name: str) -> None:
        """Count every call of the method as this part."""
        original = getattr(owner, method)

        @functools.wraps(original)
        def watched(*arguments: Any, **named: Any) -> Any:
            with self.part(name):
                result = original(*arguments, **named)
                # A generator has not run yet: run it.
                return list(result) if inspect.isgenerator(result) else result

        setattr(owner, method, watched)

    def _note(self) -> None:
        now = time.perf_counter()
        if self._running:
            self.add(self._running[-1], now - self._since)
        self._since = now


def watch_a_run(watch: Stopwatch) -> None:
    """Time everything that a run calls between its steps."""
    from rich.live import Live

    from helper.graph.fused import FusedSteps
    from helper.pictures import observers, summaries
    from helper.pictures.pr_curves import PrecisionRecall
    from helper.recording.run_writer import RunWriter
    from helper.saving.checkpoints import Checkpoints
    from helper.training import loop
    from helper.training.averages import IntervalMeans
    from helper.training.console import TrainingProgress
    from helper.training.evaluating import Evaluations

    watch.watch(loop.TrainingLoop, "run", REST)
    watch.watch(Evaluations, "measure", EVALUATION)
    watch.watch(loop.TrainingLoop, "_take", SAFETY)
    for method in ("scalars", "summary", "evaluation", "flush", "save_predictions"):
        watch.watch(RunWriter, method, SUMMARIES)
    watch.watch(IntervalMeans, "add", SUMMARIES)
    watch.watch(summaries.FirstLayer, "__call__", PICTURES)
    watch.watch(observers, "confusion_matrix", PICTURES)
    watch.watch(PrecisionRecall, "__call__", PICTURES)
    for method in ("save", "prune"):
        watch.watch(Checkpoints, method, CHECKPOINTS)
    for method in ("steps", "evaluation"):
        watch.watch(TrainingProgress, method, PROGRESS)
    _watch_iterator(watch, FusedSteps)
    _watch_thread(watch, Live)


def _watch_iterator(watch: Stopwatch, fused_steps: Any) -> None:
    original = fused_steps.run

    def run(*arguments: Any) -> Iterator[Any]:
        chunks = original(*arguments)
        while True:
            with watch.part(STEPS):
                chunk = next(chunks, None)
            if chunk is None:
                return
            yield chunk

    fused_steps.run = run


def _watch_thread(watch: Stopwatch, live: Any) -> None:
    """rich draws in a thread of its own, whose processor time is lost to the others."""
    original = live.refresh

    def refresh(self: Any) -> None:
        started = time.thread_time()
        original(self)
        if threading.current_thread() is not threading.main_thread():
            watch.add(PROGRESS, time.thread_time() - started)

    live.refresh = refresh


def measure(experiment: str, arguments: list[str]) -> dict[str, float]:
    """Seconds of each part of a run, in a process of its own on a terminal of its own."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "parts.json"
        flags = [*arguments, f"--logdir={folder}/logs"]
        screen = _on_a_terminal(
            [sys.executable, "-m", "scripts.benchmarks.overhead", experiment, str(output), *flags]
        )
        if not output.exists():
            lines = screen.strip().splitlines()
            raise LabError(f"{experiment} failed: {lines[-1] if lines else 'no message'}")
        return json.loads(output.read_text())


def _on_a_terminal(command: list[str]) -> str:
    """Run it and return what it wrote to the screen, including escape sequences."""
    master, slave = pty.openpty()
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "100"}
    process = subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=environment, close_fds=True
    )
    os.close(slave)
    screen = b""
    with contextlib.suppress(OSError):  # on Linux this means that the other end is closed
        while shown := os.read(master, 65536):
            screen += shown
    process.wait()
    os.close(master)
    return screen.decode(errors="replace")


def rows(parts: dict[str, float]) -> list[list[str]]:
    """Seconds and share of the run of each part, and of all but steps and evaluation together."""
    total = sum(parts.values())
    spent = {name: parts.get(name, 0.0) for name in (STEPS, EVALUATION, *PARTS, REST)}
    spent[_TOGETHER] = sum(spent[name] for name in PARTS)
    aims = {PICTURES: _PICTURES_AIM, _TOGETHER: _AIM}
    return [
        [name, f"{seconds:.2f}", f"{seconds / total:.1%}", _check(seconds / total, aims.get(name))]
        for name, seconds in spent.items()
    ]


def _check(share: float, aim: float | None) -> str:
    return f"≤ {aim:.0%} {'✓' if share <= aim else '✗'}" if aim else ""


def _main(experiment: str, output: str, *arguments: str) -> None:
    import importlib

    from helper.training import cli

    watch = Stopwatch()
    watch_a_run(watch)
    module = importlib.import_module(f"experiments.{experiment}")
    sys.argv = [str(ROOT / "experiments" / f"{experiment}.py"), *arguments]
    try:
        cli.run(module.main)
    finally:
        if watch.seconds:
            Path(output).write_text(json.dumps(watch.seconds))


if __name__ == "__main__":
    _main(*sys.argv[1:])
