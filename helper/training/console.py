"""What a run prints on the terminal: layers, progress, results."""

from __future__ import annotations

import math
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from helper.command import shell_path
from helper.recording import ending
from helper.runs.record import Record, Status

# The names of metrics in the articles' output lines.
_SHORT = {"accuracy": "acc", "loss": "loss"}


def stdout() -> Console:
    return Console(highlight=False, soft_wrap=not sys.stdout.isatty())


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], end: str = "") -> None:
    """Print a table, its first column left-aligned. title, end: lines before and after it."""
    shown = Table()
    for number, column in enumerate(columns):
        shown.add_column(column, justify="right" if number else "left", overflow="fold")
    for row in rows:
        shown.add_row(*row)
    console = stdout()
    if title:
        console.print(title, style="bold")
    console.print(shown)
    if end:
        console.print(end)


def layer_table(parameters: Mapping[str, Sequence[int]]) -> None:
    """Print a row for each variable scope: its variables and their number of parameters."""
    layers: dict[str, list[tuple[str, int]]] = {}
    for name, shape in parameters.items():
        scope, _, variable = name.rpartition("/")
        shown = f"{variable} {' × '.join(map(str, shape))}"
        layers.setdefault(scope, []).append((shown, math.prod(shape)))
    rows = [
        (layer, ", ".join(shown for shown, _ in variables), f"{sum(n for _, n in variables):,}")
        for layer, variables in layers.items()
    ]
    total = sum(n for variables in layers.values() for _, n in variables)
    table("", ("layer", "variables", "parameters"), rows, f"Total params: {total:,}")


class TrainingProgress:
    """A live bar on a terminal; elsewhere one line for each evaluation, as in the articles."""

    def __init__(self, first_step: int, last_step: int) -> None:
        self._live = sys.stderr.isatty() and sys.stdout.isatty()
        self._first_step = first_step
        self._evaluated = ""  # the latest evaluation, as the bar shows it
        self._bar = Progress(
            TextColumn("step {task.completed:,.0f}/{task.total:,.0f}"),
            BarColumn(),
            TextColumn("{task.fields[metrics]}"),
            TextColumn("{task.fields[speed]}"),
            TimeRemainingColumn(compact=True),
            console=Console(stderr=True),
            disable=not self._live,
            refresh_per_second=5,
        )
        self._task = self._bar.add_task(
            "", total=last_step, completed=first_step, metrics="", speed=""
        )

    def __enter__(self) -> TrainingProgress:
        self._started = time.monotonic()
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def steps(self, step: int, means: Mapping[str, float]) -> None:
        """After each chunk: the step reached, and the means over the chunk's steps."""
        if not self._live:
            return
        speed = (step - self._first_step) / max(time.monotonic() - self._started, 1e-9)
        name = _shown(means)
        metrics = f"{name}: train {means[name]:.4f}{self._evaluated}"
        self._bar.update(self._task, completed=step, metrics=metrics, speed=f"{speed:,.0f} steps/s")

    def evaluation(
        self, step: int, train: Mapping[str, float], split: str, metrics: Mapping[str, float]
    ) -> None:
        """After each evaluation: the latest training means, and the metrics of the split."""
        name = _shown(train)
        self._evaluated = f", {split} {metrics[name]:.4f}"
        if self._live:
            return
        short = _SHORT[name]
        print(
            f"step: {step}, train-{short}: {train[name]:.4f}, {split}-{short}: {metrics[name]:.4f}",
            flush=True,
        )

    def note(self, message: str) -> None:
        """Print an important line above the bar."""
        self._bar.console.print(message, highlight=False, markup=False, soft_wrap=True)


def _shown(metrics: Mapping[str, float]) -> str:
    """The metric that is shown while a run trains."""
    return "accuracy" if "accuracy" in metrics else "loss"


def result(
    path: Path, record: Record, faults: Sequence[str], first_loss: float | None = None
) -> None:
    """Print how a run ended, its metrics, its directory, and the commands for what comes next.

    first_loss: that of the watched split at step 0, where this process measured it.
    """
    rows = []
    for tag, value in record.final.items():
        best = record.best.get(tag)
        shown = (f"{best.value:.4f}", f"{best.step:,}") if best else ("", "")
        rows.append((tag, f"{value:.4f}", *shown))
    table(
        f"{record.experiment} {record.name}: {record.status} after {record.step:,} steps, "
        f"{record.seconds:.1f} s, {record.steps_per_second:,.0f} steps/s",
        ("metric", "final", "best", "at step"),
        rows,
    )
    ending.show_faults(faults, record)
    print(f"run directory: {shell_path(path)}")
    if first_loss is not None and record.status is Status.COMPLETED:
        loss = record.final.get(f"{record.watched}/loss")
        if loss is not None and loss > first_loss:
            print(
                f"note: the {record.watched} loss is {loss:.4g}, higher than {first_loss:.4g} at "
                "step 0; the usual cause is a --learning_rate that is too large"
            )
    if record.status is Status.INTERRUPTED and path.is_dir():
        print(f"resume it:     {_python()} {shell_path(sys.argv[0])} --resume={shell_path(path)}")
    ending.show_link(path, record)


def costs(seconds: Mapping[str, float], in_all: float) -> None:
    """Print what was spent on each kind of summary. seconds: of this launch. in_all: of the run."""
    shown = [
        f"{kind} {spent:.1f} s ({spent / max(in_all, 1e-9):.1%})"
        for kind, spent in seconds.items()
        if spent
    ]
    if shown:
        print(f"spent on summaries: {', '.join(shown)}")


def _python() -> str:
    """The command by which a shell finds the interpreter that is running."""
    return "python" if shutil.which("python") == sys.executable else shell_path(sys.executable)
