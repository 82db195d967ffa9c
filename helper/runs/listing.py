"""Find the runs below a log directory and tell what each is, without TensorFlow.

A run is shown for what it is: the status of its record ("completed", "running", …), or "killed"
(says running, but nobody runs it), "damaged" (its record cannot be read), "foreign" (event files
of another program).
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from helper.errors import UsageError
from helper.loading import Damaged, Missing, load_arrays
from helper.runs import directory, events, record
from helper.runs.events import Scalars
from helper.runs.record import RECORD_FILE, Record, Status

# Holds what `helper/comparing/aggregate.py` makes from runs; what lies below it is no run.
AGGREGATE_FILE = "aggregate.json"
# Of the record's fields, those that a table shows as they are.
_SHOWN = (
    "experiment",
    "steps",
    "seconds",
    "steps_per_second",
    "started",
    "ended",
    "commit",
    "summaries_lost",
)


class ListedRun:
    """One run. name: its path below the log directory; record: None where it has none that can be
    read; problems: what could not be read of it, one line each."""

    def __init__(
        self, path: Path, name: str, status: Status, record: Record | None, problem: str = ""
    ) -> None:
        self.path = path
        self.name = name
        self.status = status
        self.record = record
        self.problems = [problem] if problem else []
        self._curves: dict[str, dict[str, Scalars]] = {}

    def __repr__(self) -> str:
        return f"ListedRun({self.name!r}, {self.status!r})"

    @property
    def data_sha256(self) -> str | None:
        return self.record.data.sha256 if self.record and self.record.data else None

    @cached_property
    def flags(self) -> dict[str, Any]:
        return dict(self.record.flags) if self.record else {}

    @cached_property
    def final(self) -> dict[str, float]:
        """The metrics at the end; for a run that has no end, the last values logged."""
        final = dict(self.record.final) if self.record else {}
        if final or self.status is Status.COMPLETED:
            return final
        return {tag: float(curve.value[-1]) for tag, curve in self.curves().items()}

    @cached_property
    def fields(self) -> dict[str, Any]:
        """Everything about a run that a table can show: {name: value}."""
        record = self.record or Record("", "")
        known = self.record is not None
        own: dict[str, Any] = {
            "step": record.step,
            "data": record.data.name if record.data else None,
            "parameters": record.parameter_count,
        } | {name: getattr(record, name) for name in _SHOWN}
        fields = {
            **self.flags,
            **(own if known else dict.fromkeys(own)),
            **record.versions,
            "name": self.name,
            "status": str(self.status),
            **self.final,
        }
        if self.status is Status.FOREIGN:
            steps = (int(curve.step[-1]) for curve in self.curves().values())
            fields["step"] = max(steps, default=None)
        for tag, best in record.best.items():
            fields[f"best/{tag}"], fields[f"best_step/{tag}"] = best.value, best.step
        return fields

    def curves(self) -> dict[str, Scalars]:
        """Every curve, undownsampled: {"test/accuracy": …}; a foreign run's tags as they are."""
        if self.status is Status.FOREIGN:
            return self._read("")
        try:
            splits = sorted(entry.name for entry in os.scandir(self.path) if entry.is_dir())
        except OSError:
            return {}
        return {
            f"{split}/{tag}": curve for split in splits for tag, curve in self._read(split).items()
        }

    def curve(self, tag: str) -> Scalars | None:
        """One curve by its tag in `curves`."""
        split, _, rest = tag.partition("/")
        return (
            self._read("").get(tag)
            if self.status is Status.FOREIGN
            else self._read(split).get(rest)
        )

    def _read(self, split: str) -> dict[str, Scalars]:
        if split not in self._curves:
            self._curves[split] = events.read_scalars(self.path / split, self.problems.append)
        return self._curves[split]


def find(logdir: Path, patterns: Sequence[str] = ()) -> list[ListedRun]:
    """The runs below the log directory, sorted by name; with patterns, only those they match.

    A pattern is a directory or a glob, from the working directory or from the log directory; it
    stands for every run in it or below it. A run's number is enough: softmax/0002. Raises
    UsageError where one matches no run.
    """
    if not patterns:
        if not logdir.is_dir():
            raise UsageError(f"there is no log directory {logdir}; give one with --logdir")
        return sorted(below(logdir, logdir), key=lambda run: run.name)
    found: dict[str, ListedRun] = {}
    for pattern in patterns:
        matches = glob.glob(pattern) or glob.glob(str(Path(glob.escape(str(logdir)), pattern)))
        matches = matches or [
            str(directory.by_number(place / pattern)) for place in (Path(), logdir)
        ]
        listed = [run for match in matches for run in below(Path(match), logdir)]
        if not listed:
            raise UsageError(f"{pattern} matches no run, neither here nor in {logdir}")
        found.update((run.name, run) for run in listed)
    return sorted(found.values(), key=lambda run: run.name)


def load_predictions(run: ListedRun) -> tuple[np.ndarray, np.ndarray]:
    """What the run answered for the test images, and the labels: int64 [images] each.

    Raises UsageError where the run keeps none.
    """
    try:
        arrays = load_arrays(run.path / directory.PREDICTIONS_FILE, ("predicted", "label"))
    except Damaged as error:
        raise UsageError(
            f"{run.name} ({run.status}) keeps no test predictions that can be read "
            f"({directory.PREDICTIONS_FILE} {error}); leave it out, for example with "
            "--where status=completed"
        ) from None
    predicted, label = arrays["predicted"], arrays["label"]
    if (
        predicted.shape != label.shape
        or predicted.ndim != 1
        or {
            predicted.dtype.kind,
            label.dtype.kind,
        }
        > set("iu")
    ):
        raise UsageError(
            f"{run.name}: {directory.PREDICTIONS_FILE} does not hold one answer for each label"
        )
    return predicted, label


def below(top: Path, logdir: Path) -> Iterator[ListedRun]:
    """The runs at and below a directory, not following links, not looking inside runs."""
    for walked, names, files in os.walk(top):
        path = Path(walked)
        names[:] = sorted(name for name in names if not name.startswith("."))
        if AGGREGATE_FILE in files:
            names.clear()
            continue
        if RECORD_FILE in files or directory.LOCK_FILE in files:
            names.clear()
            yield _listed(path, _name(path, logdir))
        elif any("tfevents" in name for name in files):
            yield ListedRun(path, _name(path, logdir), Status.FOREIGN, None)


def _listed(path: Path, name: str) -> ListedRun:
    try:
        found = record.load(path)
        return ListedRun(path, name, directory.status(path, found), found)
    except Missing:
        # Between making the directory and writing the first record, a run has only its lock.
        status = Status.RUNNING if directory.is_locked(path) else Status.DAMAGED
        return ListedRun(path, name, status, None)
    except Damaged as error:
        return ListedRun(path, name, Status.DAMAGED, None, f"{path / RECORD_FILE} {error}")


def _name(path: Path, logdir: Path) -> str:
    absolute, top = os.path.abspath(path), os.path.abspath(logdir)
    relative = os.path.relpath(absolute, top)
    return absolute if relative.startswith("..") else Path(relative).as_posix()
