"""Run a module of this package in a Python process of its own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from helper.errors import LabError
from helper.files import PROJECT_ROOT


class Failed(LabError):
    """A process that did not end well. said: all that it wrote to standard error."""

    def __init__(self, code: int, said: str) -> None:
        lines = said.strip().splitlines()
        # By a signal, as an assertion in C++ ends it, its last line says nothing.
        super().__init__(lines[-1] if lines and code > 0 else f"exit code {code}")
        self.said = said


def run(module: str, arguments: Sequence[object], given: bytes = b"") -> bytes:
    """What ``python -m module`` writes to standard output. given: its standard input.

    Its paths must be absolute. Raises Failed.
    """
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=PROJECT_ROOT,  # where `-m` finds the module, and imports no file of the user's
        input=given,
        capture_output=True,
    )
    if done.returncode != 0:
        raise Failed(done.returncode, done.stderr.decode(errors="replace"))
    return done.stdout


@contextlib.contextmanager
def output() -> Iterator[BinaryIO]:
    """For such a module: its standard output, while whatever libraries print goes elsewhere."""
    with os.fdopen(os.dup(1), "wb") as file:
        os.dup2(2, 1)
        yield file
