"""The table of runs, as the page shows it."""

from __future__ import annotations

import datetime
import os
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from helper.board import groups
from helper.board.catalogue import Catalogue, State, state
from helper.board.requests import Body, text
from helper.comparing.comparison import differing_settings, direction, select
from helper.errors import LabError, UsageError, printable
from helper.loading import Damaged, read_regular
from helper.runs import event_files
from helper.runs.directory import FLAGS_FILE, PREDICTIONS_FILE
from helper.runs.listing import ListedRun
from helper.runs.record import Status, as_json

_WATCHED_FIRST = ("accuracy", "loss")
_SPLITS_FIRST = ("validation", "test", "train")
_MOST_FLAG_BYTES = 1 << 20


class RunsView:
    """Keeps what it showed of each run, for as long as no file of the run changes."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._shown: dict[str, tuple[State, dict[str, Any]]] = {}
        self._lock = threading.Lock()

    def runs(self, _: Body) -> dict[str, Any]:
        """All runs, the settings that differ and the metrics."""
        # Who asks at the same time waits, and then finds most of the work done.
        with self._lock:
            return self._runs()

    def _runs(self) -> dict[str, Any]:
        try:
            found, problems = self._catalogue.runs(), []
        except UsageError as error:
            found, problems = [], [str(error)]
        members = groups.members(found)
        self._shown = {run.name: self._shown[run.name] for run in found if run.name in self._shown}
        shown = []
        for run in found:
            row = self._row(run)
            problems += row["problems"]
            own = members[run.name]
            shown.append({**row, "key": own.key, "label": own.label})
        metrics = _metrics(found)
        return {
            "logdir": self._catalogue.given,
            "now": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "runs": shown,
            "settings": differing_settings(found),
            "metrics": metrics,
            "lower_is_better": {metric: direction(metric, found) for metric in metrics},
            "problems": [printable(line) for line in problems],
        }

    def where(self, body: Body) -> dict[str, Any]:
        """The names of the runs for which a condition holds, as for --where."""
        condition = text(body, "condition", "")
        if not condition.strip():
            return {"names": [run.name for run in self._catalogue.runs()]}
        try:
            return {"names": [run.name for run in select(self._catalogue.runs(), condition)]}
        except UsageError as error:
            raise LabError(str(error).removeprefix("--where: ")) from None

    def record(self, body: Body) -> dict[str, Any]:
        """Everything that a run recorded."""
        run = self._catalogue.one(text(body, "run"))
        try:
            flags = read_regular(run.path / FLAGS_FILE, _MOST_FLAG_BYTES).decode(errors="replace")
        except Damaged:
            flags = ""
        return {
            "name": run.name,
            "status": str(run.status),
            "path": str(run.path),
            "record": as_json(run.record) if run.record else None,
            "flags": flags,
            "problems": [printable(line) for line in run.problems],
        }

    def _row(self, run: ListedRun) -> dict[str, Any]:
        now = state(run)
        before = self._shown.get(run.name)
        if before is not None and before[0] == now:
            return before[1]
        made = row(run)
        self._shown[run.name] = now, made
        return made


def row(run: ListedRun) -> dict[str, Any]:
    """One run."""
    record, fields = run.record, run.fields
    values = {
        "name": run.name,
        "experiment": fields.get("experiment"),
        "status": str(run.status),
        "note": run.flags.get("note"),
        "step": fields.get("step"),
        "steps": fields.get("steps"),
        "seconds": fields.get("seconds"),
        "steps_per_second": fields.get("steps_per_second"),
        "started": fields.get("started"),
        "settings": run.flags,
        "seed": fields.get("seed"),
        "parameters": fields.get("parameters"),
        "data": {"name": record.data.name, "sha256": record.data.sha256}
        if record and record.data
        else None,
        "final": run.final,
        "best": {tag: {"value": b.value, "step": b.step} for tag, b in record.best.items()}
        if record
        else {},
        "tags": _tags(run),
        "has_predictions": (run.path / PREDICTIONS_FILE).is_file(),
        "entries": _entries(run),
    }
    return {**values, "problems": list(run.problems)}


def _tags(run: ListedRun) -> list[str]:
    """The curves that a run has. Its record says which, so that no event file need be read; those
    of another program's run are read."""
    if run.record is None:
        return sorted(run.curves())
    splits = ["train", run.record.watched]
    named = [f"{split}/{metric}" for metric in run.record.lower_is_better for split in splits]
    return in_order([*named, *run.final], [run.record.watched])


def _entries(run: ListedRun) -> list[str]:
    """The names that TensorBoard has for a run: the directories with event files."""
    found = []
    try:
        with os.scandir(run.path) as entries:
            below = sorted(e.name for e in entries if e.is_dir(follow_symlinks=False))
    except OSError:
        return []
    if _has_event_files(run.path):
        found.append(run.name)
    if run.status is not Status.FOREIGN:  # what is below one of those is a run of its own
        own = (name for name in below if _has_event_files(run.path / name))
        found += [Path(run.name, name).as_posix() for name in own]
    return found


def _has_event_files(directory: Path) -> bool:
    try:
        with os.scandir(directory) as entries:
            return any(
                event_files.has_event_file_name(entry.name) and entry.is_file(follow_symlinks=False)
                for entry in entries
            )
    except OSError:
        return False


def _metrics(runs: Sequence[ListedRun]) -> list[str]:
    tags = {tag for run in runs for tag in run.final}
    tags |= {tag for run in runs if run.record for tag in run.record.best}
    watched = dict.fromkeys(run.record.watched for run in runs if run.record)
    return in_order(tags, list(watched))


def in_order(tags: Iterable[str], watched: Sequence[str]) -> list[str]:
    """Each tag once: accuracy and loss of the watched splits first."""
    splits = list(dict.fromkeys([*watched, *_SPLITS_FIRST]))

    def rank(tag: str) -> tuple[Any, ...]:
        split, _, metric = tag.partition("/")
        first = metric in _WATCHED_FIRST
        return (
            split not in watched or not first,
            splits.index(split) if split in splits else len(splits),
            _WATCHED_FIRST.index(metric) if first else len(_WATCHED_FIRST),
            tag,
        )

    return sorted(set(tags), key=rank)
