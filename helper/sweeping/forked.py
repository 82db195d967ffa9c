"""Train the runs of a sweep in processes that start with TensorFlow imported. Linux only.

A program (``helper.sweeping.fork_server``) imports it once, before the first run, and forks a
process for each run. A run that dies takes nothing along; should the program itself be killed, its
runs stop safely, and the next run starts another. With several jobs each run computes with one
thread: on n cores, n runs with a thread each train more steps than one run with n threads.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

from helper.errors import LabError
from helper.runs import threads
from helper.sweeping import fork_server, preloaded
from helper.sweeping.workers import INTERRUPTED, Ended, Task

# NumPy's library starts its threads when it is imported; TensorFlow decides then what it logs.
_BEFORE_A_FORK = {"OPENBLAS_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
ONE_THREAD = {threads.VARIABLE: "1"}


class Forked:
    """``Workers`` that fork the processes of the runs, all of one script.

    The number of threads decides the last bits of a run, so only a new run is given one thread: one
    that is resumed keeps the number that it was started with.
    """

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self._stopped = False
        self._server: _Server | None = None
        self._running: set[_Run] = set()
        self._lock = threading.Lock()
        self._starting = threading.Lock()

    def __enter__(self) -> Forked:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            if self._server is not None:
                self._server.close()

    def train(self, task: Task, said: Callable[[str], None]) -> Ended:
        """Train a run to its end. said: called with every line that its process prints.

        Raises LabError if TensorFlow cannot be imported.
        """
        server = self._started(task.script)
        with tempfile.TemporaryFile("w+", errors="replace") as errors:
            with self._lock:
                if self._stopped or server is None:
                    return Ended(INTERRUPTED, "")
                alone = self.jobs == 1 or task.resumed is not None
                run = server.start(task, errors, {} if alone else ONE_THREAD)
                self._running.add(run)
            with run:
                for line in run.output:
                    said(line)
                code = run.exit_code()
                with self._lock:
                    self._running.discard(run)
            errors.seek(0)
            if code is not None:
                return Ended.of(code, errors.read())
        if self._stopped:
            return Ended(INTERRUPTED, "")
        return Ended(1, f"the process that runs are forked from {server.end()}")

    def interrupt(self) -> None:
        """Interrupt all runs as Ctrl-C would, and start no more."""
        self._signal(signal.SIGINT)

    def kill(self) -> None:
        """End all runs at once."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with self._lock:
            self._stopped = True
            if self._server is not None and not self._server.ready:
                self._server.kill()
            for run in self._running:
                run.send_signal(number)

    def _started(self, script: Path) -> _Server | None:
        """The program to fork from; None if the runs were stopped while it started."""
        with self._starting:
            with self._lock:
                if self._stopped or (self._server is not None and self._server.is_alive()):
                    return self._server
                if self._server is not None:
                    self._server.close()
                self._server = _Server(script)
            if self._server.wait_until_ready() or self._stopped:
                return self._server
            raise LabError(f"cannot import what {script} needs: {self._server.error()}")


class _Server:
    """The sweep's side of a running ``fork_server``."""

    def __init__(self, script: Path) -> None:
        self.ready = False
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._errors = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115
        with theirs:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    fork_server.__file__,
                    str(script),
                    str(theirs.fileno()),
                    *preloaded.modules(script),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env=_BEFORE_A_FORK | os.environ,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    def wait_until_ready(self) -> bool:
        """Whether everything could be imported."""
        self.ready = self._socket.recv(len(fork_server.READY)) == fork_server.READY
        return self.ready

    def start(self, task: Task, errors: IO[str], environment: dict[str, str]) -> _Run:
        """Start a run, whose standard error goes to the file.

        environment: variables that it gets unless they are set.
        """
        ours, theirs = socket.socketpair()
        reader, writer = os.pipe()
        with theirs:
            try:
                message = json.dumps([task.arguments, environment]).encode()
                handles = [theirs.fileno(), writer, errors.fileno()]
                socket.send_fds(self._socket, [message], handles)
            except (BrokenPipeError, ConnectionResetError):
                pass  # it has just been killed: the connection ends without an exit code
            finally:
                os.close(writer)
        return _Run(ours, reader)

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        self._process.kill()

    def end(self) -> str:
        """Wait for its end, and say how it came."""
        code = self._process.wait()
        return f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"

    def error(self) -> str:
        """Wait for its end, and return the last line it wrote to standard error."""
        code = self._process.wait()
        self._errors.seek(0)
        return Ended.of(code, self._errors.read()).error

    def close(self) -> None:
        """End it, and with it the runs that are left."""
        self._socket.close()
        self._process.communicate()
        self._errors.close()


class _Run:
    """A run's process. output: the lines that it prints."""

    def __init__(self, connection: socket.socket, reader: int) -> None:
        self._connection = connection
        self.output = open(reader, errors="replace")  # noqa: SIM115 - closed in __exit__

    def __enter__(self) -> _Run:
        return self

    def __exit__(self, *_: object) -> None:
        self.output.close()
        self._connection.close()

    def exit_code(self) -> int | None:
        """Wait for its end; None if the program that forked it has ended before."""
        try:
            answer = self._connection.recv(16)
        except ConnectionResetError:
            return None
        return int(answer) if answer else None

    def send_signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(OSError):  # it may have ended
            self._connection.send(bytes([number]))
