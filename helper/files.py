"""Write files so that a reader, or a machine that dies, finds the old one or the new one whole."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO


def replace_atomically(path: Path, write: Callable[[BinaryIO], Any]) -> None:
    """Replace a file in one step.

    write: puts the contents into the open binary file that it is given. Raises OSError.
    """
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    sync(path.parent)


def write_atomically(path: Path, text: str) -> None:
    """Replace a text file in one step. Raises OSError."""
    replace_atomically(path, lambda file: file.write(text.encode()))


def sync(path: Path) -> None:
    """Wait until a file, or the names in a directory, are on the disk. Raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
