"""The event files in a directory: which they are, their order, and the name of the next one."""

from __future__ import annotations

import itertools
import os
import re
import socket
import time
from pathlib import Path

_SECOND = re.compile(r"tfevents\.(\d+)")
_numbers = itertools.count()


def has_event_file_name(name: str) -> bool:
    """Whether TensorBoard takes a file of this name for an event file."""
    return "tfevents" in name


def find(directory: Path) -> list[Path]:
    """The event files in a directory, not below it, in the order in which they were begun.

    Only regular files count: opening a FIFO would block, and a link may lead anywhere. There are
    none in a directory that does not exist. Raises OSError when it cannot be read.
    """
    try:
        with os.scandir(directory) as entries:
            names = [
                entry.name
                for entry in entries
                if has_event_file_name(entry.name) and entry.is_file(follow_symlinks=False)
            ]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [directory / name for name in sorted(names, key=_begun)]


def next_path(directory: Path) -> Path:
    """A path for a new event file in a directory: .../events.out.tfevents.SECOND.HOST.PID.NUMBER.

    TensorBoard reads files in the order of their names, so SECOND is later than in every name
    before, even if the clock was set back. PID and NUMBER tell writers of one second apart.
    Raises OSError when the directory cannot be read.
    """
    second = max([int(time.time()), *(_begun(path.name)[0] + 1 for path in find(directory))])
    writer = f"{socket.gethostname()}.{os.getpid()}.{next(_numbers)}"
    return directory / f"events.out.tfevents.{second:010d}.{writer}"


def _begun(name: str) -> tuple[int, list[int | str]]:
    """A sort key: the second in a name, then the whole name with its numbers as numbers."""
    second = _SECOND.search(name)
    parts = re.split(r"(\d+)", name)
    return int(second[1]) if second else 0, [int(p) if i % 2 else p for i, p in enumerate(parts)]
