"""Find the runs below a log directory, and the status of each, without TensorFlow.

The status is that of the run's record ("completed", "running", …), or "killed" (the record says
"running", but no process runs it), "damaged" (the record cannot be read) or "foreign" (event files
of another program).
"""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from helper.errors import UsageError
from helper.loading import Damaged, Missing, load_arrays
from helper.runs import directory, event_files, events, naming, record
from helper.runs.events import Scalars
from helper.runs.record import RECORD_FILE, Record, Status

# Marks what `helper/comparing/aggregate.py` makes from runs: no runs are below it.
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
        """The metrics at the end; the last values logged if the run did not end."""
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
        """Every curve with all its points: {"test/accuracy": …}; a foreign run's tags are kept."""
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
            found = events.read_scalars(self.path / split, self.problems.append)
            if self.status is not Status.FOREIGN:
                # Numbers that a run has once, at its end, are no curves.
                found = {tag: c for tag, c in found.items() if not tag.startswith(record.RESULTS)}
            self._curves[split] = found
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
        matches = glob.glob(pattern, root_dir=place) or [pattern]
        found += [place / match for match in matches if not _by_link(place, pattern, match)]
    return list(dict.fromkeys(found))


def _by_link(place: Path, pattern: str, match: str) -> bool:
    """Whether a glob matched a link, which may lead anywhere; one that is named is followed."""
    pairs = zip(Path(pattern).parts, Path(match).parts, strict=False)
    for wanted, part in pairs:
        place /= part
        if part != wanted and place.is_symlink():
            return True
    return False


def load_predictions(run: ListedRun) -> tuple[np.ndarray, np.ndarray]:
    """The run's predictions for the test images, and the labels: int64 [images] each.

    Raises UsageError if the run has none that can be read.
    """
    if why := why_without_predictions(run):
        raise UsageError(f"{run.name} can have no part in a verdict: {why}")
    try:
        arrays = load_arrays(run.path / directory.PREDICTIONS_FILE, ("predicted", "label"))
    except Damaged as error:
        raise UsageError(
            f"{run.name} ({run.status}) has no test predictions that can be read "
            f"({directory.PREDICTIONS_FILE} {error}); leave it out, for example with "
            "--where status=completed"
        ) from None
    predicted, label = arrays["predicted"], arrays["label"]
    integers = predicted.dtype.kind in "iu" and label.dtype.kind in "iu"
    if predicted.shape != label.shape or predicted.ndim != 1 or not integers:
        raise UsageError(
            f"{run.name}: {directory.PREDICTIONS_FILE} does not have one prediction for each label"
        )
    return predicted, label


def why_without_predictions(run: ListedRun) -> str:
    """Why a run of its kind has no predictions, and so no verdict; "" if it may have them."""
    if run.record is None or run.record.origin != "script":
        return ""
    return "it is a script's, and nobody knows on which images its numbers were measured"


def below(
    top: Path, logdir: Path, load: Callable[[Path], Record] = record.load
) -> Iterator[ListedRun]:
    """The runs at and below a directory; links are not followed, nor runs searched for more.

    load: gives the record of a run directory, or raises Damaged, as `record.load` does.
    """
    for walked, names, files in os.walk(top):
        path = Path(walked)
        names[:] = sorted(name for name in names if not name.startswith("."))
        if AGGREGATE_FILE in files:
            names.clear()
            continue
        if RECORD_FILE in files or directory.LOCK_FILE in files:
            names.clear()
            yield _listed(path, _name(path, logdir), load)
        elif any(map(event_files.has_event_file_name, files)):
            yield ListedRun(path, _name(path, logdir), Status.FOREIGN, None)


def _listed(path: Path, name: str, load: Callable[[Path], Record]) -> ListedRun:
    try:
        found = load(path)
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
