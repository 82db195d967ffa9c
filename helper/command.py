"""The command line of the tools that only read runs: argparse, and errors in one line."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable
from typing import NoReturn

from helper.errors import LabError, UsageError


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line; the module's docstring is the description."""

    def __init__(self, description: str | None) -> None:
        super().__init__(
            description=description,
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see --help")


def index_range(text: str, count: int) -> slice:
    """``"3-7"`` as the slice of five, ``"3"`` as that of one. Raises UsageError for what is none,
    or does not lie in 0 to count - 1."""
    first, dash, last = text.partition("-")
    if not (first.isdecimal() and (last.isdecimal() or not dash)):
        raise UsageError(f"{text!r} is no range of indices such as 0-9")
    start, end = int(first), int(last if dash else first)
    if not start <= end < count:
        raise UsageError(f"there is no range {text}; indices go from 0 to {count - 1:,}")
    return slice(start, end + 1)


def run(main: Callable[[], int | None]) -> int:
    """Call `main` and return the exit code; what a user can mend is one line, never a traceback."""
    try:
        return main() or 0
    except LabError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        # The reader of a pipe (head, less) has seen enough; Python's own flush at exit must not
        # complain about it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        # For example a run that somebody removes while it is being read.
        print(f"error: {error.filename or 'the system'}: {error.strerror}", file=sys.stderr)
        return LabError.exit_code
    except KeyboardInterrupt as interrupt:
        # As a shell reports it: 128 + the signal, SIGINT unless a handler says which it was.
        return 128 + (interrupt.args[0] if interrupt.args else signal.SIGINT)
