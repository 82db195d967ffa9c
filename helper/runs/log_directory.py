"""The directory that holds all runs: which paths it may have, and whether it can be written to."""

from __future__ import annotations

import errno
import os
import re
import stat
from pathlib import Path

from helper.errors import UsageError

_UNFIT = re.compile(r"[\x00-\x1f\x7f\[\\\ud800-\udfff]")


def absolute(logdir: str | Path) -> Path:
    """Its absolute path. Raises UsageError for one that TensorFlow or a flag file cannot handle."""
    path = Path(os.path.expanduser(logdir))
    if str(path).startswith("~"):
        raise UsageError(f"there is no home directory for --logdir={logdir}")
    path = path.absolute()
    # TensorFlow treats a checkpoint's path as a pattern, in which [ and \ are special.
    unfit = _UNFIT.search(str(path))
    if unfit:
        raise UsageError(
            f"the log directory {str(path)!r} has the character {unfit[0]!r} in its path, which "
            "checkpoints cannot have; choose another with --logdir"
        )
    return path


def check_writable(path: Path) -> None:
    """Raise OSError if nothing can be made in a directory, which may be missing itself.

    path: absolute. Nothing is written, so that a full disk, say, goes unnoticed.
    """
    while True:
        try:
            found = os.stat(path)
            break
        except FileNotFoundError:
            path = path.parent
    problem = 0
    if not stat.S_ISDIR(found.st_mode):
        problem = errno.ENOTDIR
    elif os.statvfs(path).f_flag & os.ST_RDONLY:
        problem = errno.EROFS
    elif not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        problem = errno.EACCES
    if problem:
        raise OSError(problem, os.strerror(problem), str(path))


def check_inside(path: Path, logdir: Path) -> None:
    """Raise UsageError for the directory of an experiment that is a link to somewhere else."""
    if not path.resolve().is_relative_to(logdir.resolve()):
        raise UsageError(f"{path} leads out of the log directory; remove that link")
