"""Run directories: a new one for every run, with its flags, its record and its lock."""

from __future__ import annotations

import contextlib
import datetime
import errno
import fcntl
import os
import re
import stat
from dataclasses import replace
from pathlib import Path

from helper.errors import LabError, UsageError
from helper.files import sync
from helper.loading import Damaged
from helper.runs import log_directory, record
from helper.runs.record import RECORD_FILE, Record, Status

FLAGS_FILE = "flags.txt"
LOCK_FILE = "lock"
PREDICTIONS_FILE = "predictions.npz"
_NUMBER = re.compile(r"(\d{4,})(?:-|$)")


class Run:
    """A run directory that this process writes, locked until ``close``.

    path: the directory. record: the contents of ``run.json``, now or when it is next saved.
    """

    def __init__(self, path: Path, record: Record) -> None:
        self.path = path
        self.record = record
        lock = _open_lock(path, os.O_RDWR | os.O_CREAT)
        self._lock = os.fdopen(lock, "rb", buffering=0)  # held for the life of the run
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise LabError(
                f"{path} is in use by another process; wait for it to finish, or start a new run"
            ) from None

    def is_in_place(self) -> bool:
        """Whether the directory was neither removed nor replaced by another one."""
        try:
            found = os.stat(self.path / LOCK_FILE)
        except OSError:
            return False
        return os.path.samestat(os.fstat(self._lock.fileno()), found)

    def check_in_place(self) -> None:
        """Raise OSError if the directory was removed or replaced by another one."""
        if not self.is_in_place():
            raise FileNotFoundError(errno.ENOENT, "the run directory was removed or replaced")

    def save_record(self) -> None:
        """Replace ``run.json`` in one step. Raises OSError if it cannot be written."""
        self.check_in_place()
        record.save(self.record, self.path)

    def close(self) -> None:
        """Let other processes write this run."""
        self._lock.close()


def check_name(name: str) -> None:
    """Raise UsageError for a name that is not a plain directory name."""
    if not record.NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is not a valid run name: use 1 to {record.LONGEST_NAME} letters, digits or "
            ". _ = , - and begin with a letter or a digit"
        )


def check_new(logdir: str | Path, experiment: str, suffix: str) -> None:
    """Raise what ``create`` would raise for these, as far as that shows without writing."""
    check_name(experiment)
    if suffix:
        check_name(suffix)
    try:
        top = log_directory.absolute(logdir)
        log_directory.check_writable(top / experiment)
        log_directory.check_inside(top / experiment, top)
    except OSError as error:
        raise _unwritable(logdir, error) from None


def create(logdir: str | Path, suffix: str, first: Record) -> Run:
    """Make ``logdir/experiment/<number>[-suffix]``, with the next free number, never reusing one.

    first: the record to begin with; its name is filled in.
    Raises UsageError for an invalid name, LabError if nothing can be written.
    """
    check_name(first.experiment)
    if suffix:
        check_name(suffix)
    made: list[Path] = []
    try:
        top = log_directory.absolute(logdir)
        parent = top / first.experiment
        _make_directories(parent, made)
        log_directory.check_inside(parent, top)
        path = make_next(parent, suffix)
        made.append(path)
        run = Run(path, replace(first, name=path.name))
        run.save_record()
        for directory in made:
            sync(directory.parent)
        return run
    except UsageError:
        _remove(made)
        raise
    except OSError as error:
        _remove(made)
        raise _unwritable(logdir, error) from None


def make_next(parent: Path, suffix: str) -> Path:
    """Make the directory of an experiment's next run, empty. Raises OSError."""
    handle = os.open(parent, os.O_RDONLY)
    try:
        # Two runs with different suffixes must not take the same number.
        fcntl.flock(handle, fcntl.LOCK_EX)
        name = f"{newest(parent) + 1:04d}"
        path = parent / (f"{name}-{suffix}" if suffix else name)
        path.mkdir()
        return path
    finally:
        os.close(handle)


def newest(parent: Path) -> int:
    """The highest number of an experiment's runs, 0 if there are none. Raises OSError."""
    return max([0, *(number(parent / entry) for entry in os.listdir(parent))])


def reopen(path: Path) -> Run:
    """Lock an existing run. Raises LabError if another process is writing it, or it is unusable."""
    if not (path / RECORD_FILE).exists():
        raise LabError(f"{path} is not a run directory: it has no {RECORD_FILE}")
    try:
        run = Run(path, Record("", ""))
    except OSError as error:
        raise LabError(f"cannot write to {path}: {error.strerror or error}") from None
    try:
        # Only now: before it was locked, another process could write it.
        run.record = record_to_resume(path)
    except LabError:
        run.close()
        raise
    return run


def record_to_resume(path: Path) -> Record:
    """The record of a run that is to be resumed. Raises LabError if it is damaged."""
    try:
        return record.load(path)
    except Damaged as error:
        raise LabError(
            f"{path / RECORD_FILE} {error}, and a run cannot be resumed without it; start a new one"
        ) from None


def number(path: Path) -> int:
    """The number at the start of a run directory's name; -1 for a name without one."""
    found = _NUMBER.match(path.name)
    return int(found[1]) if found else -1


def now() -> str:
    """The time in UTC as ISO 8601, to the second."""
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def is_locked(path: Path) -> bool:
    """Whether a process is writing this run now."""
    try:
        lock = _open_lock(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(lock)
    return False


def status(path: Path, found: Record) -> Status:
    """The record's status, or "killed" if it says "running" but no process is running it."""
    if found.status is Status.RUNNING and not is_locked(path):
        return Status.KILLED
    return found.status


def _open_lock(path: Path, flags: int) -> int:
    """A file descriptor of a run's lock. Raises OSError if that is not a regular file."""
    # Without O_NONBLOCK, opening a FIFO could wait forever.
    flags |= os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
    lock = os.open(path / LOCK_FILE, flags, 0o644)
    if not stat.S_ISREG(os.fstat(lock).st_mode):
        os.close(lock)
        raise OSError(errno.EINVAL, "its lock is not a regular file")
    return lock


def _unwritable(logdir: str | Path, error: OSError) -> LabError:
    return LabError(
        f"cannot write to the log directory {logdir}: {error.strerror or error}; "
        "choose another with --logdir"
    )


def _make_directories(path: Path, made: list[Path]) -> None:
    """Make the directory and its parents; add those that did not exist to ``made``."""
    missing = []
    while not path.exists():
        missing.append(path)
        path = path.parent
    for directory in reversed(missing):
        directory.mkdir(exist_ok=True)
        made.append(directory)


def _remove(made: list[Path]) -> None:
    """Undo a failed ``create``: remove files in the run's directory, and empty parents."""
    for directory in reversed(made):
        with contextlib.suppress(OSError):
            for file in directory.iterdir():
                if file.is_file():
                    file.unlink()
            directory.rmdir()
