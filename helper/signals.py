"""What Ctrl-C and SIGTERM do: stop at the next safe point, interrupt, or end at once."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopRequest:
    """While this context is open, the first signal is only noted; a second one kills as usual.

    number: the signal that was received, or None.
    """

    def __init__(self) -> None:
        self.number: int | None = None

    def __enter__(self) -> StopRequest:
        self._previous = {number: signal.signal(number, self._note) for number in _SIGNALS}
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
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_DFL)


def sigterm_interrupts() -> None:
    """Make SIGTERM raise KeyboardInterrupt, as Ctrl-C does, so that workers are stopped too.

    The interrupt carries the signal's number, from which ``command.run`` derives the exit code.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt(number)

    signal.signal(signal.SIGTERM, interrupt)


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
