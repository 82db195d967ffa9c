"""The standard streams where they are closed, full, or nobody reads them any more."""

from __future__ import annotations

import os
import sys
from typing import TextIO


def reserve() -> None:
    """Open the null device in the place of every standard stream that is closed.

    Otherwise the next file that is opened gets its number, and a line that TensorFlow's C++ writes
    to descriptor 2 ends up in a checkpoint. Errors then go nowhere, where ``print(file=None)``
    would send them to standard output. ``sys.stdout`` is left None, as Python makes it.
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
    """Write what a stream still holds; return the error if that fails.

    The rest is then thrown away, or Python's own flush at exit would fail again, with a traceback.
    """
    try:
        stream.flush()
    except OSError as error:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
        return error
    return None
