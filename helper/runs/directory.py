"""Run directories: a new one for every run, with its flags, its record and its lock."""

from __future__ import annotations

import contextlib
import datetime
import errno
import fcntl
import json
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from helper.errors import LabError, UsageError
from helper.files import PROJECT_ROOT, sync, write_atomically

FLAGS_FILE = "flags.txt"
RECORD_FILE = "run.json"
LOCK_FILE = "lock"
PREDICTIONS_FILE = "predictions.npz"
RECORD_FORMAT = 1
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._=,-]{0,63}")
_UNFIT = re.compile(r"[\x00-\x1f\x7f\[\\\ud800-\udfff]")
_NUMBER = re.compile(r"(\d{4,})(?:-|$)")


class Run:
    """A run directory that this process writes, locked until ``close``.

    path: the directory. record: what ``run.json`` holds, a dictionary of JSON values.
    """

    def __init__(self, path: Path, record: dict[str, Any]) -> None:
        self.path = path
        self.record = record
        self._lock = open(path / LOCK_FILE, "a")  # noqa: SIM115 - held for the life of the run
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise LabError(
                f"{path} is in use by another process; wait for it, or start a run of its own"
            ) from None

    def is_in_place(self) -> bool:
        """Whether the directory was neither removed nor replaced by another one."""
        try:
            found = os.stat(self.path / LOCK_FILE)
        except OSError:
            return False
        return os.path.samestat(os.fstat(self._lock.fileno()), found)

    def check_in_place(self) -> None:
        """Raise OSError if the directory was removed, or another one stands in its place."""
        if not self.is_in_place():
            raise FileNotFoundError(errno.ENOENT, "the run directory was removed or replaced")

    def save_record(self) -> None:
        """Replace ``run.json`` in one step. Raises OSError where it cannot be written."""
        self.check_in_place()
        write_atomically(self.path / RECORD_FILE, json.dumps(self.record, indent=1) + "\n")

    def close(self) -> None:
        self._lock.close()


def check_name(name: str) -> None:
    """Raise UsageError for a name that is no plain directory name."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"run name {name!r} is not usable: take 1 to 64 letters, digits or . _ = , - "
            "and begin with a letter or a digit"
        )


def create(logdir: str | Path, experiment: str, suffix: str, record: Mapping[str, Any]) -> Run:
    """Make ``logdir/experiment/<number>[-suffix]``, with the next free number, never an old one.

    record: the first contents of ``run.json``.
    Raises UsageError for a bad name, LabError where nothing can be written.
    """
    check_name(experiment)
    if suffix:
        check_name(suffix)
    made: list[Path] = []
    try:
        top = _log_directory(logdir)
        parent = top / experiment
        _make_directories(parent, made)
        if not parent.resolve().is_relative_to(top.resolve()):
            raise UsageError(f"{parent} leads out of the log directory; remove that link")
        path = _make_next(parent, suffix)
        made.append(path)
        name = path.name
        run = Run(path, {"format": RECORD_FORMAT, "experiment": experiment, "name": name, **record})
        run.save_record()
        for directory in made:
            sync(directory.parent)
        return run
    except UsageError:
        _remove(made)
        raise
    except OSError as error:
        _remove(made)
        raise LabError(
            f"cannot write to the log directory {logdir}: {error.strerror or error}; "
            "choose another with --logdir"
        ) from None


def reopen(path: Path) -> Run:
    """Take up an existing run. Raises LabError if another process writes it, or none can."""
    if not (path / RECORD_FILE).exists():
        raise LabError(f"{path} is not a run directory: it has no {RECORD_FILE}")
    try:
        run = Run(path, {})
    except OSError as error:
        raise LabError(f"cannot write to {path}: {error.strerror or error}") from None
    # Only now: until it was locked another process could write it.
    record = read_record(path)
    if record is None:
        run.close()
        raise LabError(f"{path / RECORD_FILE} is damaged")
    run.record = record
    return run


def number(path: Path) -> int:
    """The number with which a run directory's name begins; -1 for a name without one."""
    found = _NUMBER.match(path.name)
    return int(found[1]) if found else -1


def by_number(path: Path) -> Path:
    """The run directory for which ``parent/0002`` is short; any other path as it is."""
    if not path.name.isdigit() or path.exists():
        return path
    return next(path.parent.glob(f"{path.name}-*"), path)


def now() -> str:
    """The time in UTC as ISO 8601, to the second."""
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def commit() -> str | None:
    """The project's commit, with ``+changes`` where files differ from it; None outside of git."""

    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(PROJECT_ROOT), *arguments], capture_output=True, text=True, timeout=10
        )
        done.check_returncode()
        return done.stdout.strip()

    try:
        if Path(git("rev-parse", "--show-toplevel")).resolve() != PROJECT_ROOT:
            return None
        return git("rev-parse", "HEAD") + ("+changes" if git("status", "--porcelain") else "")
    except (OSError, subprocess.SubprocessError):
        return None


def read_record(path: str | Path) -> dict[str, Any] | None:
    """What a run's ``run.json`` holds, or None where there is none that can be read."""
    try:
        record = json.loads((Path(path) / RECORD_FILE).read_text())
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) and record.get("format") == RECORD_FORMAT else None


def is_locked(path: str | Path) -> bool:
    """Whether a process is writing this run now."""
    try:
        with open(Path(path) / LOCK_FILE) as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def status(path: str | Path, record: Mapping[str, Any]) -> str:
    """The record's status, or "killed" for a run that says "running" and that nobody runs."""
    if record.get("status") == "running" and not is_locked(path):
        return "killed"
    return str(record.get("status", "unknown"))


def _log_directory(logdir: str | Path) -> Path:
    """Its absolute path. Raises UsageError for one that flag files or TensorFlow cannot take."""
    path = Path(os.path.expanduser(logdir))
    if str(path).startswith("~"):
        raise UsageError(f"there is no home directory for --logdir={logdir}")
    path = path.absolute()
    # TensorFlow takes a checkpoint's path for a pattern, in which [ and \ do not mean themselves.
    unfit = _UNFIT.search(str(path))
    if unfit:
        raise UsageError(
            f"the log directory {str(path)!r} has the character {unfit[0]!r} in its path, which "
            "checkpoints cannot have; choose another with --logdir"
        )
    return path


def _make_next(parent: Path, suffix: str) -> Path:
    handle = os.open(parent, os.O_RDONLY)
    try:
        # Two runs with different suffixes must not take the same number.
        fcntl.flock(handle, fcntl.LOCK_EX)
        newest = max((number(parent / entry) for entry in os.listdir(parent)), default=-1)
        name = f"{max(newest, 0) + 1:04d}"
        path = parent / (f"{name}-{suffix}" if suffix else name)
        path.mkdir()
        return path
    finally:
        os.close(handle)


def _make_directories(path: Path, made: list[Path]) -> None:
    """Make the directory and its parents; note in ``made`` those that were not there."""
    missing = []
    while not path.exists():
        missing.append(path)
        path = path.parent
    for directory in reversed(missing):
        directory.mkdir(exist_ok=True)
        made.append(directory)


def _remove(made: list[Path]) -> None:
    """Take back what a failed ``create`` made: files in the run's directory, empty parents."""
    for directory in reversed(made):
        with contextlib.suppress(OSError):
            for file in directory.iterdir():
                if file.is_file():
                    file.unlink()
            directory.rmdir()
