"""The runs of an experiment that a sweep finds in its log directory."""

from __future__ import annotations

import os
import threading
import time
from collections import defaultdict
from pathlib import Path

from helper.runs import listing
from helper.runs.listing import ListedRun
from helper.sweeping.setting import Setting, flags_of, is_of

_RANKS = {"completed": 3, "diverged": 2, "running": 1}


class FoundRuns:
    """The runs of one experiment below a log directory, whoever started them.

    A run keeps the flags it was started with, so each record is read once for them; what changes is
    read anew, from the runs of the setting that is asked for. The methods may be called from any
    thread.
    """

    def __init__(self, experiment: str, logdir: Path) -> None:
        self._directory, self._logdir = logdir / experiment, logdir
        self._flags: dict[str, frozenset[str]] = {}  # by the name of the run directory
        self._names: dict[frozenset[str], set[str]] = defaultdict(set)
        self._unchanged = _Unchanged(self._directory)
        self._lock = threading.Lock()

    def find(self, setting: Setting) -> ListedRun | None:
        """The run of exactly this setting that got furthest: a finished one, else a running one,
        else the longest."""
        with self._lock:
            elsewhere = self._read_new()
            names = sorted(self._names.get(flags_of(setting), ()))
        paths = (self._directory / name for name in names)
        runs = [run for path in paths for run in listing.below(path, self._logdir)]
        return max(
            (run for run in runs + elsewhere if run.record and is_of(run.record.argv, setting)),
            key=lambda run: (
                _RANKS.get(run.status, 0),
                has_checkpoint(run),
                run.record.step if run.record else 0,
            ),
            default=None,
        )

    def _read_new(self) -> list[ListedRun]:
        """Bring the index up to date; return the runs that are deeper in the directory."""
        if self._unchanged():
            return []
        try:
            names = {name for name in os.listdir(self._directory) if not name.startswith(".")}
        except OSError:
            names = set()
        for name in self._flags.keys() - names:
            self._names[self._flags.pop(name)].discard(name)
        elsewhere = []
        for name in sorted(names - self._flags.keys()):
            path = self._directory / name
            if path.is_symlink():
                continue
            for run in listing.below(path, self._logdir):
                if run.path != path:
                    elsewhere.append(run)
                elif run.record:  # else it is read again: a run begins with a lock and no record
                    self._flags[name] = flags = flags_of(run.record.argv[1:])
                    self._names[flags].add(name)
        if names - self._flags.keys():
            self._unchanged.forget()
        return elsewhere


class _Unchanged:
    """Whether a directory still has the entries that it had when this was asked before."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.forget()

    def forget(self) -> None:
        """Say no the next time."""
        self._modified, self._first_seen, self._asked = -1, 0.0, 0.0

    def __call__(self) -> bool:
        now = time.monotonic()
        try:
            modified = os.stat(self._directory).st_mtime_ns
        except OSError:
            modified = -1
        if modified != self._modified:
            self._modified, self._first_seen, self._asked = modified, now, now
            return False
        # Two changes in one tick of a file system's clock leave the same time behind.
        tick = 0.1 if modified % 1_000_000_000 else 2.0
        if modified != -1 and self._asked - self._first_seen > tick:
            return True
        self._asked = now
        return False


def has_checkpoint(run: ListedRun) -> bool:
    return any((run.path / "checkpoints").glob("*.index"))
