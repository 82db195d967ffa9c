"""How every command starts and fails: the scripts, and the experiments through ``cli.run``.

An error that a user can cause is one line, ``error: …``, and an exit code other than 0.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import io
import os
import shlex
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from helper import streams
from helper.errors import LabError, UsageError, reason

# Without a file's name, these come from a standard stream: a terminal that is gone, a full disk
# under a redirection, a descriptor that is open for reading only.
_STREAM_ERRORS = (errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EBADF)
_LONGEST = 1_500  # characters of an error's line


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line. description: the docstring of the script."""

    def __init__(self, description: str | None) -> None:
        super().__init__(
            description=description,
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see --help")

    def print_help(self, file: Any = None) -> None:
        # argparse's own method ignores an output that cannot be written.
        print(self.format_help(), end="", file=file)


def index_range(text: str, count: int) -> slice:
    """``"3-7"`` as the slice of five indices, ``"3"`` as the slice of one.

    Raises UsageError for any other text, and for indices outside 0 to count - 1.
    """
    first, dash, last = text.partition("-")
    if not (first.isdecimal() and (last.isdecimal() or not dash)):
        raise UsageError(f"{text!r} is not a range of indices such as 0-9")
    # Text too long to be an int in any data set is not converted: Python limits the digits.
    ends = [text.lstrip("0") or "0" for text in (first, last if dash else first)]
    start, end = (int(digits) if len(digits) < 20 else count for digits in ends)
    if not start <= end < count:
        raise UsageError(f"{text} is out of range; indices go from 0 to {count - 1:,}")
    return slice(start, end + 1)


def run(main: Callable[[], int | None], unread: int = 0) -> int:
    """Call `main`, flush what it printed, and return the exit code.

    unread: the exit code if the reader of a pipe (head, less) leaves before `main` ends; 1 for a
        command that leaves work undone then.
    """
    streams.reserve()
    if sys.stdout is None:
        return fail("standard output is closed; redirect it to /dev/null to run without it")
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A character that the terminal's encoding lacks is shown as an escape sequence.
        sys.stdout.reconfigure(errors="backslashreplace")
    code = _call(main, unread)
    error = streams.flush(sys.stdout)
    if error is not None and not isinstance(error, BrokenPipeError) and code == 0:
        code = fail(f"cannot write the output: {reason(error)}")
    streams.flush(sys.stderr)
    return code


def _call(main: Callable[[], int | None], unread: int) -> int:
    try:
        return main() or 0
    except SystemExit as end:  # argparse raises it after --help, absl in any case
        if isinstance(end.__context__, BrokenPipeError):  # which Rich turns into an exit
            return unread
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        raise
    except LabError as error:
        return fail(str(error), error.exit_code)
    except BrokenPipeError:
        return unread
    except OSError as error:
        if error.filename is not None:
            return fail(f"{error.filename}: {reason(error)}")
        written = error.errno in _STREAM_ERRORS
        return fail(f"cannot write the output: {reason(error)}" if written else reason(error))
    except MemoryError as error:
        return fail(f"there is not enough memory{': ' if str(error) else ''}{error}")
    except RuntimeError as error:
        # What Python and TensorFlow say where a thread's stack does not fit into memory.
        if "can't start new thread" not in str(error):
            raise
        return fail("there is not enough memory for another thread")
    except KeyboardInterrupt as interrupt:
        # As a shell reports it. The signal's number comes from `signals.sigterm_interrupts`.
        return 128 + (interrupt.args[0] if interrupt.args else signal.SIGINT)


def fail(message: object, exit_code: int = LabError.exit_code) -> int:
    """Print an error as one line, if standard error takes it, and return the exit code."""
    text = _one_line(str(message))
    if len(text) > _LONGEST:  # it may quote an argument of any length
        text = f"{text[: _LONGEST // 2]} … {text[-_LONGEST // 2 :]}"
    with contextlib.suppress(OSError):
        print(f"error: {text}", file=sys.stderr, flush=True)
    return exit_code


def note(message: object) -> None:
    """Print as one line what a user should know although the command succeeds."""
    print(f"note: {_one_line(str(message))}", file=sys.stderr)


def _one_line(text: str) -> str:
    """The text with spaces for line breaks, and the characters that control a terminal escaped."""
    return "".join(
        c if c.isprintable() else " " if c.isspace() else c.encode("unicode_escape").decode()
        for c in text
    )


def shell_path(path: str | Path) -> str:
    """A path for a shell, relative to the working directory if that is shorter."""
    shown = str(path)
    with contextlib.suppress(OSError):  # the working directory may be gone
        shown = min(shown, os.path.relpath(path), key=len)
    return shlex.quote(shown)
