"""What a sweep needs of those who train its runs: processes of this machine, or a cluster."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from helper.runs.listing import ListedRun

INTERRUPTED = 130  # the exit code of a run that Ctrl-C stopped


@dataclass(frozen=True)
class Task:
    """One run to train, or to train on, to its end.

    arguments: the flags of the experiment, ``--logdir`` included.
    resumed: the run that the arguments resume; None for a new one.
    """

    script: Path
    arguments: tuple[str, ...]
    logdir: Path
    resumed: ListedRun | None = None


class Ended(NamedTuple):
    """code: the exit code of the run's process. error: the last line it wrote to standard error."""

    code: int
    error: str

    @classmethod
    def of(cls, code: int, written: str) -> Ended:
        """From the exit code, negative after a signal, and all of standard error."""
        lines = written.strip().splitlines()
        if lines and code != -signal.SIGKILL:
            return cls(code, lines[-1])
        return cls(code, f"killed by signal {-code}" if code < 0 else f"exit code {code}")


class Workers(Protocol):
    """Used in a ``with`` statement; the methods may be called from any thread.

    jobs: how many tasks to hand over at a time.
    """

    jobs: int

    def __enter__(self) -> Workers: ...

    def __exit__(self, *_: object) -> None: ...

    def train(self, task: Task, said: Callable[[str], None]) -> Ended:
        """Train a run to its end. said: called with every line that its process prints."""
        ...

    def interrupt(self) -> None:
        """Interrupt all runs as Ctrl-C would, and start no more."""
        ...

    def kill(self) -> None:
        """End all runs at once."""
        ...
