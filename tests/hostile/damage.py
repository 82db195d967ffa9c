"""Ways to spoil a file or a directory: each gives a function of the directory of a case."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.hostile.place import BAD, Spoil


def write(path: str, content: bytes | str) -> Spoil:
    """Replace a file, or make one and its directories."""
    data = content.encode() if isinstance(content, str) else content

    def spoil(folder: Path) -> None:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)

    return spoil


def changed(path: str, change: Callable[[bytes], bytes]) -> Spoil:
    """Replace a file's content by a function of it."""
    return lambda folder: (folder / path).write_bytes(change((folder / path).read_bytes()))


def cut(path: str, share: float = 0.5) -> Spoil:
    return changed(path, lambda content: content[: int(len(content) * share)])


def flipped(path: str, place: float = 0.5) -> Spoil:
    """One byte at this share of the file's length has all its bits flipped."""

    def flip(content: bytes) -> bytes:
        at = int(len(content) * place)
        return content[:at] + bytes([content[at] ^ 255]) + content[at + 1 :]

    return changed(path, flip)


def fields(path: str, **values: Any) -> Spoil:
    """Change fields of a JSON object; ``...`` removes one."""

    def change(content: bytes) -> bytes:
        found = {**json.loads(content), **values}
        return json.dumps({k: v for k, v in found.items() if v is not ...}).encode()

    return changed(path, change)


def record(**values: Any) -> Spoil:
    """Change fields of the bad run's record."""
    return fields(f"{BAD}/run.json", **values)


def removed(path: str) -> Spoil:
    def spoil(folder: Path) -> None:
        target = folder / path
        shutil.rmtree(target) if target.is_dir() and not target.is_symlink() else target.unlink()

    return spoil


def _instead(path: str, make: Callable[[Path], object]) -> Spoil:
    def spoil(folder: Path) -> None:
        if os.path.lexists(folder / path):
            removed(path)(folder)
        make(folder / path)

    return spoil


def fifo(path: str) -> Spoil:
    return _instead(path, os.mkfifo)


def directory(path: str) -> Spoil:
    return _instead(path, os.mkdir)


def link(path: str, target: str) -> Spoil:
    return _instead(path, lambda place: os.symlink(target, place))


def moved(path: str, target: str | bytes) -> Spoil:
    def spoil(folder: Path) -> None:
        os.renames(
            os.fsencode(folder / path), os.path.join(os.fsencode(folder), os.fsencode(target))
        )

    return spoil


def sparse(path: str, size: int) -> Spoil:
    """A file of so many bytes that takes no room."""

    def spoil(folder: Path) -> None:
        (folder / path).touch()
        os.truncate(folder / path, size)

    return spoil


def both(*spoils: Spoil) -> Spoil:
    def spoil(folder: Path) -> None:
        for each in spoils:
            each(folder)

    return spoil
