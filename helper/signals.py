"""What Ctrl-C, SIGTERM and SIGHUP do: stop at the next safe moment, interrupt, or end at once."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

# SIGHUP: the terminal was closed.
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequest:
    """While this context is open, the first signal is only noted; a second one kills as usual.

    number: the signal that was received, or None.
    """

    def __init__(self) -> None:
        self.number: int | None = None

    def __enter__(self) -> StopRequest:
        taken = [number for number in _SIGNALS if not _is_nohup(number)]
        self._previous = {number: signal.signal(number, self._note) for number in taken}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def is_set(self) -> bool:
        """Whether a signal was received."""
        return self.number is not None

    @property
    def exit_code(self) -> int:
        """The exit code that shells expect after the signal; 0 if none was received."""
        return 128 + self.number if self.number else 0

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.number = number
        for each in self._previous:
            signal.signal(each, signal.SIG_DFL)


def sigterm_interrupts() -> None:
    """Make SIGTERM and SIGHUP raise KeyboardInterrupt, as Ctrl-C does, so that workers are stopped.

    The interrupt carries the signal's number, from which ``command.run`` derives the exit code.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt(number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        if not _is_nohup(number):
            signal.signal(number, interrupt)


def _is_nohup(number: int) -> bool:
    """Whether this is SIGHUP and the program was started so that it survives its terminal."""
    return number == signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN


@contextlib.contextmanager
def ctrl_c_kills() -> Iterator[None]:
    """Let Ctrl-C end the process at once, without a traceback, while there is nothing to save."""
    usual = signal.default_int_handler
    # Only the main thread may set handlers, and a background job may ignore Ctrl-C.
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or signal.getsignal(signal.SIGINT) is not usual:
        yield
        return
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
