"""Write files so that readers see the old file or the new one, whole, even after a crash."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

PROJECT_ROOT = Path(__file__).resolve().parents[1]

# Files that a killed writer leaves behind begin with this. They do not contain the final name, so a
# reader that searches names for a word, as TensorBoard does, cannot mistake one for a whole file.
PARTIAL = ".partial-"


def replace_atomically(path: Path, write: Callable[[BinaryIO], Any], durable: bool = True) -> None:
    """Replace a file in one step.

    write: writes the contents to the open binary file that it is given.
    durable: wait until it is on the disk; otherwise it survives a killed process, but not a crash
        of the machine.
    Raises OSError.
    """
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=PARTIAL)
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    if durable:
        sync(path.parent)


def write_atomically(path: Path, text: str, durable: bool = True) -> None:
    """Replace a text file in one step. Raises OSError."""
    replace_atomically(path, lambda file: file.write(text.encode()), durable)


def remove_partial(directory: Path) -> None:
    """Remove the files that killed writers left in a directory."""
    for path in directory.glob(f"{PARTIAL}*"):
        with contextlib.suppress(OSError):
            path.unlink()


def sync(path: Path) -> None:
    """Wait until a file, or the names in a directory, are on the disk. Raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
