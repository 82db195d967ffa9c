"""Run a script in a child process, and see how it ends, whatever it does to itself.

The child is forked before TensorFlow is imported. This process passes its output on and keeps a
copy, forwards signals, and ends as the child ended: with its exit code, or by the same signal.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from helper.errors import LabError
from helper.old_scripts import streams_of_child
from helper.old_scripts.streams_of_child import Channel, Kept
from helper.runs import directory
from helper.runs.record import Status

OUTPUT_FILE = "output.txt"
_INTERRUPTED = "interrupted"
_FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Ending:
    """How a child ended. code: its exit code, or minus the number of the signal that ended it;
    run: its run directory, if it came to have one."""

    code: int
    run: Path | None


class Report:
    """How the child tells this process what only the child knows."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def run(self, path: Path) -> None:
        """The run directory, as soon as there is one."""
        self._tell(str(path))

    def interrupted(self) -> None:
        """The script was ended by Ctrl-C, so the shell must see that signal."""
        self._tell(_INTERRUPTED)

    def _tell(self, line: str) -> None:
        with contextlib.suppress(OSError):
            os.write(self._handle, os.fsencode(line) + b"\n")


def supervise(child: Callable[[Report], int]) -> Ending | int:
    """Fork; in the child, return what ``child`` returns; in the parent, how the child ended."""
    channels = streams_of_child.open_channels()
    news, told = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    number = os.fork()
    if not number:
        os.close(news)
        streams_of_child.take(channels)
        return child(Report(told))
    os.close(told)
    for channel in channels:
        os.close(channel.child)
    return _Parent(number, channels, news).wait()


def end_like(code: int) -> int:
    """End this process by the signal that ended the child (a negative code), or return the code."""
    if code < 0:
        signal.signal(-code, signal.SIG_DFL) if -code not in (9, 19) else None
        os.kill(os.getpid(), -code)
        return 128 - code  # not reached, unless the signal is blocked
    return code


class _Parent:
    def __init__(self, child: int, channels: list[Channel], news: int) -> None:
        self._child, self._channels, self._news = child, channels, news
        self._kept = Kept()
        self._heard = b""
        self._began = time.monotonic()
        self._run: Path | None = None
        self._interrupted = False
        self._wake, waker = os.pipe()
        os.set_blocking(waker, False)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        for signal_number in _FORWARDED:
            if signal.getsignal(signal_number) is not signal.SIG_IGN:
                signal.signal(signal_number, self._forward)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGWINCH, self._resize)

    def wait(self) -> Ending:
        readers = {channel.source: channel for channel in self._channels}
        while (code := self._ended()) is None:
            handles = [*readers, self._wake, *([self._news] if self._news >= 0 else [])]
            for handle in select.select(handles, [], [])[0]:
                if handle == self._news:
                    self._listen()
                elif handle == self._wake:
                    os.read(self._wake, 512)
                elif not streams_of_child.pass_on(readers[handle], self._kept):
                    os.close(handle)
                    del readers[handle]
        for channel in readers.values():
            streams_of_child.drain(channel, self._kept)
        while self._news >= 0:
            self._listen()
        self._kept.close()
        if self._interrupted:
            code = -signal.SIGINT
        if self._run:
            _finish(self._run, code, time.monotonic() - self._began)
        return Ending(code, self._run)

    def _ended(self) -> int | None:
        number, status = os.waitpid(self._child, os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if number else None

    def _listen(self) -> None:
        os.set_blocking(self._news, False)
        try:
            heard = os.read(self._news, 1 << 16)
        except BlockingIOError:  # a process that the script left behind has the other end
            heard = b""
        if not heard:
            os.close(self._news)
            self._news = -1
            return
        *lines, self._heard = (self._heard + heard).split(b"\n")
        for line in map(os.fsdecode, lines):
            if line == _INTERRUPTED:
                self._interrupted = True
            else:
                self._run = Path(line)
                with contextlib.suppress(OSError):
                    self._kept.open(self._run / OUTPUT_FILE)

    def _forward(self, number: int, frame: FrameType | None) -> None:
        # A terminal sends Ctrl-C to the child as well, and once is enough.
        if number != signal.SIGINT or not _in_foreground():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._child, number)

    def _resize(self, number: int, frame: FrameType | None) -> None:
        for channel in self._channels:
            if channel.terminal:
                streams_of_child.same_size(channel)


def _in_foreground() -> bool:
    try:
        handle = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(handle) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(handle)


def _finish(path: Path, code: int, seconds: float) -> None:
    """Record how a script ended that gave its own process no time to do so (``os._exit``)."""
    by_hand = {-signal.SIGINT, -signal.SIGTERM, -signal.SIGHUP}
    if code < 0 and code not in by_hand:
        return  # a record that says running, and no process: killed
    try:
        run = directory.reopen(path)
    except (LabError, OSError):
        return
    try:
        if run.record.status is Status.RUNNING:
            run.record.status = (
                Status.INTERRUPTED
                if code in by_hand
                else (Status.FAILED if code else Status.COMPLETED)
            )
            run.record.ended = directory.now()
            run.record.seconds = seconds
            run.record.steps_per_second = run.record.step / seconds if seconds else 0.0
            with contextlib.suppress(OSError):
                run.save_record()
    finally:
        run.close()
