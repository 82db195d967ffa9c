"""Remove, archive or rename runs: always entire runs inside the log directory, never one that is
running, and never through a link."""

from __future__ import annotations

import contextlib
import datetime
import os
import re
import shutil
import stat
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from helper.errors import LabError, UsageError
from helper.files import replace_atomically
from helper.runs import directory
from helper.runs.directory import Run
from helper.runs.listing import ListedRun
from helper.runs.record import Record

ARCHIVE = "archive"
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_NUMBER = re.compile(r"\d{4,}(?=-|$)")


def seconds(text: str) -> float:
    """A duration such as 90s, 30m, 12h, 7d, 2w in seconds. Raises UsageError for anything else."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhdw])", text)
    if match is None:
        raise UsageError(f"{text!r} is not a duration: write 90s, 30m, 12h, 7d or 2w")
    return float(match[1]) * _UNITS[match[2]]


def age(run: ListedRun, now: datetime.datetime) -> float:
    """Seconds since the run ended, or started; else since its directory changed, if it is there."""
    for then_text in (run.record.ended, run.record.started) if run.record else ():
        with contextlib.suppress(ValueError):
            then = datetime.datetime.strptime(str(then_text), "%Y-%m-%dT%H:%M:%SZ")
            return (now - then.replace(tzinfo=datetime.timezone.utc)).total_seconds()
    with contextlib.suppress(OSError):  # another process may have removed it since it was listed
        return now.timestamp() - run.path.stat().st_mtime
    return 0.0


def size(path: Path) -> int:
    """Bytes of the files below a directory, links not followed."""
    total = 0
    for walked, _, names in os.walk(path):
        for name in names:
            with contextlib.suppress(FileNotFoundError):  # removed meanwhile by a running run
                total += os.lstat(os.path.join(walked, name)).st_size
    return total


def obstacle(run: ListedRun, logdir: Path) -> str | None:
    """Why a run must not be touched, or None."""
    top, real = logdir.resolve(), run.path.resolve()
    # With no link on the way, the real path is the path as it is written.
    if not real.is_relative_to(top) or real == top or real != top / run.name:
        return "outside of the log directory, or reached through a link"
    if (run.path / directory.LOCK_FILE).is_symlink():
        return "its lock is a link"
    if run.status == "foreign":
        return "made by another program"
    if run.status == "running" or directory.is_locked(run.path):
        return "running"
    return None


def remove(run: ListedRun, logdir: Path) -> None:
    """Delete a run. Raises LabError if it must not or cannot be deleted."""
    with _held(run, logdir):
        _delete(_set_aside(run.path))


def archive(run: ListedRun, logdir: Path) -> Path:
    """Pack a run into logdir/archive/<name>.tar.gz, read it back, and delete the run.

    `tar -xzf FILE -C LOGDIR` restores it. Raises LabError if that must not or cannot be done: then
    the run is still there, and no archive is left.
    """
    target = logdir / ARCHIVE / f"{run.name}.tar.gz"
    with _held(run, logdir):
        if not target.parent.resolve().is_relative_to(logdir.resolve()):
            raise LabError(f"{target.parent} leads out of the log directory; nothing was archived")
        target.parent.mkdir(parents=True, exist_ok=True)
        if os.path.lexists(target):
            raise LabError(f"{target} exists already; rename the run first")
        replace_atomically(target, lambda file: _pack(run, file))
        try:
            _verify(run, target)
            aside = _set_aside(run.path)
        except BaseException:
            target.unlink()
            raise
        _delete(aside)
    return target


def new_path(run: ListedRun, name: str) -> Path:
    """Where `rename` would put a run: beside its siblings, still with its number in front, because
    TensorBoard matches runs by the beginning of their names.

    Raises UsageError for a name that is not a plain directory name.
    """
    directory.check_name(name)
    number = _NUMBER.match(run.path.name)
    if number and not _NUMBER.match(name):
        name = f"{number[0]}-{name}"
    directory.check_name(name)
    return run.path.with_name(name)


def rename(run: ListedRun, name: str, logdir: Path) -> Path:
    """Give a run another name and return its new path. Raises LabError if that fails."""
    target = new_path(run, name)
    with _held(run, logdir) as held:
        if os.path.lexists(target):
            raise LabError(f"there is already a run {target}")
        os.rename(run.path, target)
        if run.record:
            held.path, held.record.name = target, target.name
            held.save_record()
    return target


@contextlib.contextmanager
def _held(run: ListedRun, logdir: Path) -> Iterator[Run]:
    """Hold the run's lock, as a training process would; an OSError becomes a LabError."""
    reason = obstacle(run, logdir)
    if reason:
        raise LabError(f"{run.name} was left alone: {reason}")
    try:
        with contextlib.closing(Run(run.path, run.record or Record("", ""))) as held:
            yield held
    except OSError as error:
        raise LabError(f"{run.name}: {error.strerror or error}") from None


def _set_aside(path: Path) -> Path:
    """Rename what is to be deleted: if the deletion is cut short, no half of a run is listed."""
    aside = path.with_name(f".removed-{path.name}-{os.getpid()}")
    os.rename(path, aside)
    return aside


def _delete(aside: Path) -> None:
    try:
        shutil.rmtree(aside)
    except OSError as error:
        raise LabError(f"{aside} is left, it cannot be deleted: {error.strerror}") from None


def _pack(run: ListedRun, file: BinaryIO) -> None:
    with tarfile.open(fileobj=file, mode="w:gz") as packed:
        packed.add(run.path, arcname=run.name)


def _verify(run: ListedRun, archived: Path) -> None:
    """Read the archive back: it must hold every file of the run, byte for byte."""
    try:
        with tarfile.open(archived) as packed:
            for walked, _, names in os.walk(run.path):
                for path in (Path(walked, name) for name in names):
                    inside = f"{run.name}/{path.relative_to(run.path).as_posix()}"
                    if stat.S_ISREG(path.lstat().st_mode) and not _holds(packed, inside, path):
                        raise LabError(f"{path} is not intact in {archived}; the run was kept")
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise LabError(f"{archived} cannot be read back ({error}); the run was kept") from error


def _holds(packed: tarfile.TarFile, inside: str, path: Path) -> bool:
    try:
        copy = packed.extractfile(inside)
    except KeyError:
        return False
    if copy is None:
        return False
    with copy, open(path, "rb") as original:
        while block := original.read(1 << 20):
            if copy.read(len(block)) != block:
                return False
        return not copy.read(1)
