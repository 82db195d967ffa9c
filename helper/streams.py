"""Standard streams that are closed, full, or no longer read."""

from __future__ import annotations

import os
import sys
from typing import TextIO


def reserve() -> None:
    """Open the null device in place of every standard stream that is closed.

    Otherwise the next file to be opened gets its number, and what TensorFlow's C++ writes to
    descriptor 2 ends up in a checkpoint. ``sys.stderr`` is replaced too, because
    ``print(file=None)`` prints to standard output. ``sys.stdout`` stays None, so that a command
    can see that its output would be lost.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is this one: those below are open.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115 - for the life of the process


def flush(stream: TextIO) -> OSError | None:
    """Write what a stream has buffered. Returns the error if that fails.

    The rest is then discarded, so that Python's own flush at exit does not fail again.
    """
    try:
        stream.flush()
    except OSError as error:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
        return error
    return None
