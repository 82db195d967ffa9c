"""Train each run of a sweep in a process that imports TensorFlow for itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable

from helper.sweeping.workers import INTERRUPTED, Ended, Task


class Processes:
    """``Workers`` that start ``python experiments/….py`` for each run."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self._stopped = False
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def train(self, task: Task, said: Callable[[str], None]) -> Ended:
        """Train a run to its end. said: called with every line that its process prints."""
        with tempfile.TemporaryFile("w+", errors="replace") as errors:
            with self._lock:
                if self._stopped:
                    return Ended(INTERRUPTED, "")
                process = subprocess.Popen(
                    [sys.executable, str(task.script), *task.arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    text=True,
                    errors="replace",
                    # Ctrl-C reaches only the sweep, which passes it on once.
                    start_new_session=True,
                )
                self._running.add(process)
            assert process.stdout is not None
            for line in process.stdout:
                said(line)
            code = process.wait()
            with self._lock:
                self._running.discard(process)
            errors.seek(0)
            return Ended.of(code, errors.read())

    def interrupt(self) -> None:
        """Interrupt all runs as Ctrl-C would, and start no more."""
        self._signal(signal.SIGINT)

    def kill(self) -> None:
        """End all runs at once."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with self._lock:
            self._stopped = True
            for process in self._running:
                if process.poll() is None:
                    os.kill(process.pid, number)
