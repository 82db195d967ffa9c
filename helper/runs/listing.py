"""Find the runs below a log directory, and the status of each, without TensorFlow.

The status is that of the run's record ("completed", "running", …), or "killed" (the record says
"running", but no process runs it), "damaged" (the record cannot be read) or "foreign" (event files
of another program).
"""

from __future__ import annotations

import glob
import os
import zipfile
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from helper.errors import UsageError
from helper.runs import directory as runs
from helper.runs import events, naming
from helper.runs.events import Scalars

# Marks what `helper/comparing/aggregate.py` makes from runs: no runs are below it.
AGGREGATE_FILE = "aggregate.json"


class ListedRun:
    """One run. name: its path below the log directory; record: {} if it cannot be read;
    problems: what could not be read of its event files, one line each."""

    def __init__(self, path: Path, name: str, status: str, record: dict[str, Any]) -> None:
        self.path = path
        self.name = name
        self.status = status
        self.record = record
        self.problems: list[str] = []
        self._curves: dict[str, dict[str, Scalars]] = {}

    def __repr__(self) -> str:
        return f"ListedRun({self.name!r}, {self.status!r})"

    @property
    def data_sha256(self) -> str | None:
        return _dictionary(self.record.get("data")).get("sha256")

    @cached_property
    def flags(self) -> dict[str, Any]:
        return _dictionary(self.record.get("flags"))

    @cached_property
    def final(self) -> dict[str, float]:
        """The metrics at the end; the last values logged if the run did not end."""
        final = _numbers(self.record.get("final"))
        if final or self.status == "completed":
            return final
        return {tag: float(curve.value[-1]) for tag, curve in self.curves().items()}

    @cached_property
    def fields(self) -> dict[str, Any]:
        """Everything about a run that a table can show: {name: value}."""
        record = self.record
        best = _dictionary(record.get("best"))
        last = self.final
        step = record.get("step")
        if step is None and self.status == "foreign":
            step = max((int(curve.step[-1]) for curve in self.curves().values()), default=None)
        fields = {
            **self.flags,
            "name": self.name,
            "status": self.status,
            "step": step,
            "data": _dictionary(record.get("data")).get("name"),
            "parameters": record.get("parameter_count"),
            **{
                key: record.get(key)
                for key in ("experiment", "steps", "seconds", "steps_per_second")
                + ("started", "ended", "commit", "summaries_lost")
            },
            **_dictionary(record.get("versions")),
            **last,
        }
        for tag, found in best.items():
            found = _dictionary(found)
            fields[f"best/{tag}"] = found.get("value")
            fields[f"best_step/{tag}"] = found.get("step")
        return fields

    def curves(self) -> dict[str, Scalars]:
        """Every curve with all its points: {"test/accuracy": …}; a foreign run's tags are kept."""
        if self.status == "foreign":
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
        return self._read("").get(tag) if self.status == "foreign" else self._read(split).get(rest)

    def _read(self, split: str) -> dict[str, Scalars]:
        if split not in self._curves:
            self._curves[split] = events.read_scalars(self.path / split, self.problems.append)
        return self._curves[split]


def find(logdir: Path, patterns: Sequence[str] = ()) -> list[ListedRun]:
    """The runs below the log directory, sorted by name; with patterns, only those they match.

    A pattern is the name of a run (see `naming`), or a directory or a glob, from the working
    directory or from the log directory, which means every run in it and below it. Raises
    UsageError where one matches no run.
    """
    if not patterns:
        if not logdir.is_dir():
            raise UsageError(f"there is no log directory {logdir}; give one with --logdir")
        return sorted(below(logdir, logdir), key=lambda run: run.name)
    found: dict[str, ListedRun] = {}
    for pattern in patterns:
        listed = [run for path in _matches(pattern, logdir) for run in below(path, logdir)]
        if not listed:
            raise UsageError(naming.no_run(pattern, logdir))
        found.update((run.name, run) for run in listed)
    return sorted(found.values(), key=lambda run: run.name)


def one(name: str, logdir: Path) -> ListedRun:
    """The run that has this name. Raises UsageError if there is none, or more than one."""
    found = find(logdir, [name])
    if len(found) > 1:
        raise UsageError(f"{name} matches {len(found)} runs; name one")
    return found[0]


def _matches(pattern: str, logdir: Path) -> list[Path]:
    """The paths that a pattern matches: one run, or else what there is of it in both places."""
    run = naming.match(pattern, logdir)
    if run is not None or not pattern:
        return [run] if run else []
    pattern = os.path.expanduser(pattern)
    found: list[Path] = []
    for place in (Path(), logdir):
        # A name with brackets in it may mean itself.
        found += [place / match for match in glob.glob(pattern, root_dir=place) or [pattern]]
    return list(dict.fromkeys(found))


def load_predictions(run: ListedRun) -> tuple[np.ndarray, np.ndarray]:
    """The run's predictions for the test images, and the labels: int64 [images] each.

    Raises UsageError if the run has none that can be read.
    """
    try:
        with np.load(run.path / runs.PREDICTIONS_FILE, allow_pickle=False) as arrays:
            predicted, label = arrays["predicted"], arrays["label"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise UsageError(
            f"{run.name} ({run.status}) has no test predictions that can be read; "
            "leave it out, for example with --where status=completed"
        ) from error
    if predicted.shape != label.shape or predicted.ndim != 1:
        raise UsageError(
            f"{run.name}: {runs.PREDICTIONS_FILE} does not have one prediction for each label"
        )
    return predicted, label


def below(top: Path, logdir: Path) -> Iterator[ListedRun]:
    """The runs at and below a directory; links are not followed, nor runs searched for more."""
    for directory, names, files in os.walk(top):
        path = Path(directory)
        names[:] = sorted(name for name in names if not name.startswith("."))
        if AGGREGATE_FILE in files:
            names.clear()
            continue
        record = runs.read_record(path) if runs.RECORD_FILE in files else None
        if record is not None or runs.LOCK_FILE in files:
            names.clear()
            yield ListedRun(path, _name(path, logdir), _status(path, record), record or {})
        elif any("tfevents" in name for name in files):
            yield ListedRun(path, _name(path, logdir), "foreign", {})


def _status(path: Path, record: dict[str, Any] | None) -> str:
    if record is not None:
        return runs.status(path, record)
    # Before its first record is written, a run has only its lock.
    return "running" if runs.is_locked(path) else "damaged"


def _name(path: Path, logdir: Path) -> str:
    absolute, top = os.path.abspath(path), os.path.abspath(logdir)
    relative = os.path.relpath(absolute, top)
    return absolute if relative.startswith("..") else Path(relative).as_posix()


def _dictionary(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _numbers(value: Any) -> dict[str, float]:
    return {k: v for k, v in _dictionary(value).items() if isinstance(v, (int, float))}
