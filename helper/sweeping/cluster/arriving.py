"""A run that was trained in another log directory takes its place in this one, whole or not."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from helper.errors import LabError, reason
from helper.files import PARTIAL, sync, write_atomically
from helper.loading import Damaged, read_regular
from helper.runs import directory, record
from helper.runs.directory import FLAGS_FILE
from helper.runs.record import NAME, Record
from helper.sweeping.cluster import archive

_LOGDIR = "--logdir="
_MOST_FLAGS_BYTES = 1 << 20
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # of Linux


def place_new(content: bytes, logdir: Path, experiment: str) -> Path:
    """Unpack a run of an experiment, and give it the next free number. Returns its directory.

    Raises LabError if the archive is no run, or if it cannot be written; then nothing is left.
    """
    with _unpacked(content, logdir, experiment) as (temporary, found):
        path = directory.make_next(temporary.parent, _suffix(found.name))
        found.name = path.name
        _belongs(temporary, found, logdir)
        os.rename(temporary, path)  # over an empty directory
        sync(path.parent)
        return path


def replace(content: bytes, run: Path, old: Record, logdir: Path) -> None:
    """Unpack a run that was trained on, in the place of what it was before, in one step.

    The caller holds the lock of the run. Raises LabError as ``place_new`` does, and if the archive
    is not of the same run.
    """
    with _unpacked(content, logdir, run.parent.name) as (temporary, found):
        if found.id != old.id:
            raise Damaged("is another run")
        found.name = old.name
        _belongs(temporary, found, logdir)
        _exchange(temporary, run)
        sync(run.parent)


@contextlib.contextmanager
def _unpacked(content: bytes, logdir: Path, experiment: str) -> Iterator[tuple[Path, Record]]:
    """The run in a temporary directory beside the runs, and its record."""
    parent = logdir.absolute() / experiment
    temporary = None
    try:
        parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=parent, prefix=PARTIAL))
        archive.unpack(content, temporary)
        (temporary / directory.LOCK_FILE).touch()
        found = record.load(temporary)
        if found.experiment != experiment:
            raise Damaged(f"is a run of {found.experiment}")
        os.chmod(temporary, 0o755)
        yield temporary, found
    except Damaged as error:
        raise LabError(f"what came back from a worker {error}; nothing was kept of it") from None
    except OSError as error:
        raise LabError(f"cannot write to {parent}: {reason(error)}; nothing was kept") from None
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


def _suffix(name: str) -> str:
    """What follows the number in a run's name."""
    suffix = name.partition("-")[2]
    return suffix if NAME.fullmatch(suffix) else ""


def _belongs(run: Path, found: Record, logdir: Path) -> None:
    """Let the run say that it is below this log directory, so that its flags can be used again."""
    if "logdir" in found.flags:
        found.flags["logdir"] = str(logdir)
    found.argv = [f"{_LOGDIR}{logdir}" if w.startswith(_LOGDIR) else w for w in found.argv]
    record.save(found, run)
    flags = read_regular(run / FLAGS_FILE, _MOST_FLAGS_BYTES) if _has_flags(run) else b""
    lines = flags.decode(errors="replace").splitlines()
    if any(line.startswith(_LOGDIR) for line in lines):
        lines = [f"{_LOGDIR}{logdir}" if w.startswith(_LOGDIR) else w for w in lines]
        write_atomically(run / FLAGS_FILE, "".join(f"{line}\n" for line in lines))


def _has_flags(run: Path) -> bool:
    return os.path.lexists(run / FLAGS_FILE)


def _exchange(new: Path, old: Path) -> None:
    """Let two directories change places: in one step where the file system can."""
    if sys.platform.startswith("linux"):
        libc = ctypes.CDLL(None, use_errno=True)
        if hasattr(libc, "renameat2"):
            names = os.fsencode(new), os.fsencode(old)
            if libc.renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) == 0:
                return
    aside = Path(tempfile.mkdtemp(dir=old.parent, prefix=PARTIAL))
    os.rename(old, aside)
    try:
        os.rename(new, old)
    except OSError:
        os.rename(aside, old)
        raise
    os.rename(aside, new)
