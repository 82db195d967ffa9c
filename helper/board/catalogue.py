"""The runs below the log directory, listed anew at each request, with what is known of those that
did not change."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from helper.board.requests import BadRequest
from helper.errors import UsageError, printable
from helper.loading import Damaged
from helper.runs import event_files, listing, record
from helper.runs.listing import ListedRun
from helper.runs.record import RECORD_FILE, Record, Status

# With their curves: a run of 30,000 steps has about 100 kB of them.
_MOST_KEPT = 300
_ENDED = (Status.COMPLETED, Status.INTERRUPTED, Status.DIVERGED, Status.FAILED)

State = tuple[Any, ...]


class Records:
    """The records of runs, read again only where the file has changed."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[Any, Record | Damaged]] = {}

    def load(self, run_directory: Path) -> Record:
        """As `record.load`."""
        now = stamp(run_directory / RECORD_FILE)
        known = self._known.get(run_directory)
        if known is None or now is None or known[0] != now:
            try:
                known = now, record.load(run_directory)
            except Damaged as error:
                known = now, error
            self._known[run_directory] = known
        if isinstance(known[1], Damaged):
            raise known[1].with_traceback(None)
        return known[1]

    def forget_others(self, run_directories: Iterable[Path]) -> None:
        """Keep only the records of these."""
        kept = set(run_directories)
        for path in [path for path in list(self._known) if path not in kept]:
            self._known.pop(path, None)


class Catalogue:
    """The runs of one log directory. given: how TensorBoard was given it; empty: not at all."""

    def __init__(self, logdir: str) -> None:
        self.given = logdir
        self.logdir = Path(os.path.expanduser(logdir)).absolute() if logdir else None
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[State, ListedRun]] = OrderedDict()
        self._paths: dict[str, Path] = {}
        self._records = Records()

    def runs(self) -> list[ListedRun]:
        """All runs, by name. Raises UsageError where there is no log directory."""
        if self.logdir is None:
            raise UsageError(
                "this tab reads one log directory, and --logdir_spec gives it none; start "
                "TensorBoard as tensorboard --logdir logs"
            )
        if not self.logdir.is_dir():
            raise UsageError(f"there is no log directory {self.logdir}")
        below = listing.below(self.logdir, self.logdir, self._records.load)
        found = sorted(below, key=lambda run: run.name)
        self._records.forget_others(run.path for run in found)
        with self._lock:
            self._paths = {run.name: run.path for run in found}
        return found

    def named(self, names: Iterable[str]) -> list[ListedRun]:
        """The runs of these names, in their order, as they are now. Raises BadRequest for the name
        of no run that is listed: a name is looked up, and never taken for a path."""
        return [self._one(name) for name in names]

    def one(self, name: str) -> ListedRun:
        """The run of this name. Raises BadRequest."""
        return self._one(name)

    def kept(self, run: ListedRun) -> ListedRun:
        """The same run as it was read before, with its curves, if no file of it changed."""
        now = (*state(run), *_event_files(run.path))
        with self._lock:
            before = self._kept.get(run.name)
            if before is not None and before[0] == now:
                self._kept.move_to_end(run.name)
                return before[1]
            self._kept[run.name] = now, run
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return run

    def _one(self, name: str) -> ListedRun:
        if name not in self._paths:
            self.runs()
        path = self._paths.get(name)
        if path is not None and self.logdir is not None:
            for run in listing.below(path, self.logdir, self._records.load):
                if run.name == name:
                    return self.kept(run)
        raise BadRequest(f"there is no run {printable(name)[:200]!r} in the log directory", 404)


def state(run: ListedRun) -> State:
    """Equal while no file changes that a table shows. Where the record lacks the final metrics,
    the table has those of the event files."""
    own = (str(run.status), stamp(run.path / RECORD_FILE), stamp(run.path))
    if run.record is not None and run.record.final and run.status in _ENDED:
        return own
    return (*own, *_event_files(run.path))


def _event_files(path: Path) -> list[Any]:
    found = []
    try:
        with os.scandir(path) as entries:
            below = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
        for directory in (str(path), *sorted(below)):
            found += [(str(f), stamp(f)) for f in event_files.find(Path(directory))]
    except OSError:
        pass
    return found


def stamp(path: Path) -> tuple[int, int, int] | None:
    """Equal while a file, or the list of names in a directory, does not change; None if absent."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
