"""A line for each run of a sweep: live on a terminal, elsewhere when the run has ended."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from helper.errors import printable
from helper.runs.listing import ListedRun
from helper.sweeping import judging
from helper.sweeping.setting import Setting, varied
from helper.sweeping.sweep import Outcome


class SweepProgress:
    """Its methods may be called from any thread.

    everyone: the settings of the whole sweep, where these are a part of it. goal: the steps at
    which the runs are judged, by their own metric; None: the line of a run has its test accuracy.
    """

    def __init__(
        self,
        settings: Sequence[Setting],
        everyone: Sequence[Setting] = (),
        goal: int | None = None,
    ) -> None:
        self._varied = varied(everyone or settings)
        self._goal = goal
        self._total = len(settings)
        self._done = 0
        self._tasks: dict[Setting, TaskID] = {}
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[metrics]}", markup=False),
            console=Console(markup=False, emoji=False, highlight=False),
            disable=not sys.stdout.isatty(),
        )
        self._all = self._bar.add_task("all runs", total=self._total, metrics="")

    def __enter__(self) -> SweepProgress:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def step(self, setting: Setting, step: int, steps: int | None, metrics: str) -> None:
        if setting not in self._tasks:
            name = self._name(setting)
            self._tasks[setting] = self._bar.add_task(name, total=steps, metrics="")
        self._bar.update(self._tasks[setting], completed=step, metrics=printable(metrics))

    def ended(self, outcome: Outcome) -> None:
        self._done += 1
        task = self._tasks.pop(outcome.setting, None)
        if task is not None:
            self._bar.remove_task(task)
        self._bar.update(self._all, completed=self._done)
        parts = [outcome.status + (" before" if outcome.skipped else "")]
        if outcome.run is not None:
            if outcome.status == "completed":
                parts += self._metric(outcome.run)
            parts.append(os.path.relpath(outcome.run.path))
        if outcome.error:
            parts.append(outcome.error)
        line = f"[{self._done}/{self._total}] {self._name(outcome.setting)}: {', '.join(parts)}"
        self._bar.console.print(printable(line), soft_wrap=True)

    def _metric(self, run: ListedRun) -> list[str]:
        tag, value = "test/accuracy", run.final.get("test/accuracy")
        if self._goal is not None and run.record is not None:
            tag, value = run.record.score_tag, judging.value_at(run, self._goal)
        return [] if value is None else [f"{tag} {value:.4f}"]

    def _name(self, setting: Setting) -> str:
        varied = " ".join(item[2:] for item in setting if item in self._varied)
        return printable(varied) or "the run"
