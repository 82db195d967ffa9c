"""The standard output and error of a child process: passed on unchanged, and kept.

A terminal stays one for the child: what it writes goes through a pseudo-terminal of the same size,
so that progress bars and colours are what they were. Pipes and files become pipes.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import termios
import tty
from dataclasses import dataclass
from pathlib import Path

MOST_KEPT = 16 << 20  # bytes of a run's output that are kept
_CUT = b"\n[what follows was not kept: the output is longer than 16 MiB]\n"
_CHUNK = 1 << 16


@dataclass
class Channel:
    """source: what this process reads; child: what the child writes to; targets: the descriptors
    (1, 2) of the child that it stands for; target: where the bytes go."""

    source: int
    child: int
    targets: list[int]
    target: int
    terminal: bool = False


class Kept:
    """What a child wrote, in the order in which it arrived: in memory until there is a file."""

    def __init__(self) -> None:
        self._waiting: bytes | None = b""
        self._file = -1
        self._room = MOST_KEPT

    def open(self, path: Path) -> None:
        """Write to this new file from now on, and what has come so far. Raises OSError."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        self._file = os.open(path, flags, 0o644)
        waiting, self._waiting = self._waiting or b"", None
        self._write(waiting)

    def add(self, data: bytes) -> None:
        if self._room <= 0:
            return
        data = data[: self._room] + (_CUT if len(data) >= self._room else b"")
        self._room -= len(data)
        if self._waiting is not None:
            self._waiting += data
        elif self._file >= 0:
            self._write(data)

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._file, self._waiting = -1, b""

    def _write(self, data: bytes) -> None:
        try:
            _write_all(self._file, data)
        except OSError:  # a full disk: the script goes on, and what it prints is still shown
            self._room = 0


def open_channels() -> list[Channel]:
    """One channel for standard output and one for error, or one for both if they are one file."""
    if os.path.sameopenfile(1, 2):
        return [_channel([1, 2])]
    return [_channel([1]), _channel([2])]


def take(channels: list[Channel]) -> None:
    """In the child: let its standard output and error be the channels."""
    for channel in channels:
        for number in channel.targets:
            os.dup2(channel.child, number)
        os.close(channel.source)
        os.close(channel.child)
        os.close(channel.target)


def pass_on(channel: Channel, kept: Kept) -> bool:
    """Read what is there, write it to where it belongs, keep it. Returns False at the end."""
    try:
        data = os.read(channel.source, _CHUNK)
    except BlockingIOError:
        return True
    except OSError:  # the last process with this terminal has ended
        return False
    if not data:
        return False
    kept.add(data)
    try:
        _write_all(channel.target, data)
    except OSError:
        # Nobody reads any more (head, less), or the disk is full: let the child find out.
        return False
    return True


def drain(channel: Channel, kept: Kept) -> None:
    """Pass on what a child that has ended left behind, without waiting for its own children."""
    os.set_blocking(channel.source, False)
    while True:
        try:
            data = os.read(channel.source, _CHUNK)
        except OSError:
            return
        if not data:
            return
        kept.add(data)
        with contextlib.suppress(OSError):
            _write_all(channel.target, data)


def same_size(channel: Channel) -> None:
    """Give the child's terminal the size of the real one."""
    with contextlib.suppress(OSError):
        size = fcntl.ioctl(channel.target, termios.TIOCGWINSZ, bytes(8))
        fcntl.ioctl(channel.source, termios.TIOCSWINSZ, size)


def _channel(targets: list[int]) -> Channel:
    kept_open = fcntl.fcntl(targets[0], fcntl.F_DUPFD_CLOEXEC, 3)
    if not os.isatty(targets[0]):
        source, child = os.pipe()
        return Channel(source, child, targets, kept_open)
    source, child = os.openpty()
    # The real terminal turns \n into \r\n; once is enough.
    tty.setraw(child)
    channel = Channel(source, child, targets, kept_open, terminal=True)
    same_size(channel)
    return channel


def _write_all(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]
