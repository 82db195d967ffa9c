"""Read files that may be damaged, or written with malicious intent.

Whatever is wrong with a file, the functions here raise ``Damaged`` and nothing else: for a FIFO
(they never wait for one), a link, a file that is too large, nesting that would overflow the stack,
a wrong type.
"""

from __future__ import annotations

import io
import json
import os
import stat
import tokenize
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np

_DEEPEST = 32
_LARGEST_INTEGER = 2**63
_MOST_JSON_BYTES = 16 << 20
# The predictions of a run are two int64 per test image; the largest sets have a million images.
_MOST_ARRAY_BYTES = 256 << 20

T = TypeVar("T")


class Damaged(Exception):
    """Why a file cannot be used: the end of a sentence that begins with its name."""


class Missing(Damaged):
    """The file does not exist."""


def read_regular(path: Path, most_bytes: int) -> bytes:
    """The content of a regular file, which must not be a link. Raises Damaged."""
    try:
        # Without O_NONBLOCK, opening a FIFO waits until somebody writes to it.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                raise Damaged("is not a regular file")
            if found.st_size > most_bytes:
                raise Damaged(f"is larger than {most_bytes >> 20} MiB")
            return file.read(most_bytes)
    except FileNotFoundError:
        raise Missing("is missing") from None
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path
        if os.path.islink(path):
            raise Damaged("is a link") from None
        reason = getattr(error, "strerror", None) or error
        raise Damaged(f"cannot be read: {reason}") from None


def load_json(path: Path) -> Any:
    """The JSON value in a file, nested at most 32 deep, integers of 64 bits. Raises Damaged."""
    content = read_regular(path, _MOST_JSON_BYTES)
    try:
        value = json.loads(content)
    except (ValueError, RecursionError, MemoryError):
        raise Damaged("is not valid JSON") from None
    _check_values(value)
    return value


def converted(value: Any, kind: type[T]) -> T:
    """A JSON value as a dataclass, every type in it checked. Raises Damaged."""
    try:
        return msgspec.convert(value, kind)
    except (msgspec.ValidationError, RecursionError, OverflowError) as error:
        raise Damaged(f"does not have the expected form: {error}") from None


def load_arrays(path: Path, names: Collection[str]) -> dict[str, np.ndarray]:
    """The arrays with these names in an npz file. Nothing is unpickled, and each array's size is
    checked before it is read. Raises Damaged."""
    content = read_regular(path, _MOST_ARRAY_BYTES)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {name: _member(archive, f"{name}.npy") for name in names}
    except KeyError as error:
        raise Damaged(f"lacks an array: {error.args[0]}") from None
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        ValueError,
        NotImplementedError,  # an unknown compression
        RuntimeError,  # the archive is encrypted; also RecursionError
        SyntaxError,  # NumPy reads a header as Python
        tokenize.TokenError,
        MemoryError,
    ) as error:
        raise Damaged(f"is not a readable npz archive: {error}") from None


def _member(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    info = archive.getinfo(name)
    if info.file_size > _MOST_ARRAY_BYTES:
        raise Damaged(f"declares {info.file_size >> 20} MiB for {name}")
    with archive.open(info) as file:
        # The declared size limits what is read, whatever shape the array itself declares.
        return np.lib.format.read_array(io.BytesIO(file.read(info.file_size)), allow_pickle=False)


def _check_values(value: Any) -> None:
    """Check level by level, so that no nesting can overflow the stack."""
    level = [value]
    for _ in range(_DEEPEST):
        deeper: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                deeper += item.values()
            elif isinstance(item, list):
                deeper += item
            elif isinstance(item, int) and abs(item) >= _LARGEST_INTEGER:
                raise Damaged("holds an integer of more than 64 bits")
        if not deeper:
            return
        level = deeper
    raise Damaged(f"is nested more than {_DEEPEST} levels deep")
