"""The processes of the runs that this Dask worker trains."""

from __future__ import annotations

import contextlib
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from helper.sweeping.cluster import guard
from helper.sweeping.workers import INTERRUPTED, Ended

_POLL_SECONDS = 0.5
_LINES_SECONDS = 1.0  # between two deliveries: a scheduler serves many runs
_MOST_LINES = 100  # of a delivery
_LONGEST_LINE = 500

_lock = threading.Lock()
_running: dict[str, set[subprocess.Popen[str]]] = defaultdict(set)  # by sweep
_stopped: set[str] = set()


def stop(sweep: str, word: str) -> None:
    """Interrupt ("i") or kill ("k") the runs of a sweep here, and start no more of them."""
    with _lock:
        _stopped.add(sweep)
        for process in _running[sweep]:
            _say(process, word)


def run(
    sweep: str,
    command: Sequence[str],
    directory: Path,
    said: Callable[[list[str]], None],
    abandoned: Callable[[], bool],
) -> Ended:
    """Run a command to its end.

    said: called with the lines that it prints, about once a second.
    abandoned: whether nobody waits for the result any more; then the command is interrupted.
    """
    with tempfile.TemporaryFile("w+", errors="replace") as errors:
        with _lock:
            if sweep in _stopped:
                return Ended(INTERRUPTED, "")
            process = subprocess.Popen(
                [sys.executable, "-IS", guard.__file__, *command],
                cwd=directory,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                errors="replace",
                # Ctrl-C in the worker's terminal ends the worker, which interrupts its runs once.
                start_new_session=True,
            )
            _running[sweep].add(process)
        try:
            _deliver(process, said, abandoned)
            code = process.wait()
        finally:
            with _lock:
                _running[sweep].discard(process)
            _close(process)
        errors.seek(0)
        return Ended.of(code, errors.read())


def _deliver(
    process: subprocess.Popen[str],
    said: Callable[[list[str]], None],
    abandoned: Callable[[], bool],
) -> None:
    """Pass on what the process prints, until it has closed its output."""
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line[:_LONGEST_LINE])
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    waiting: list[str] = []
    delivered = 0.0
    interrupted = False
    line: str | None = ""
    while line is not None:
        try:
            line = lines.get(timeout=_POLL_SECONDS)
            waiting += [line] if line else []
        except queue.Empty:
            line = ""
        if not interrupted and abandoned():
            interrupted = True
            with _lock:
                _say(process, "i")
        now = time.monotonic()
        if waiting and (line is None or now - delivered > _LINES_SECONDS):
            said(waiting[-_MOST_LINES:])
            waiting, delivered = [], now


def _say(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdin is not None
    with contextlib.suppress(OSError, ValueError):  # it has ended
        process.stdin.write(word)
        process.stdin.flush()


def _close(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(OSError):
        if process.stdin is not None:
            process.stdin.close()
