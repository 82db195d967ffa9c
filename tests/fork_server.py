"""Start many experiments without importing TensorFlow for each: one process imports it, and forks.

That is sound because no session, and so none of TensorFlow's threads, exists before the fork.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from helper import tensorflow_v1

ROOT = Path(__file__).resolve().parents[1]


class ForkServer:
    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process, self._folder, self._number = process, folder, 0

    def start(self, name: str, *arguments: str, die_at: int = 0) -> Child:
        """``python experiments/<name>.py`` with these arguments.

        die_at: it kills itself at its so many-th file operation in a run directory; 0: never.
        """
        self._number += 1
        output = self._folder / f"output-{self._number}"
        output.touch()
        assert self._process.stdin and self._process.stdout
        print(json.dumps([name, arguments, str(output), die_at]), file=self._process.stdin)
        self._process.stdin.flush()
        return Child(int(self._process.stdout.readline()), output, self._process.stdout)


class Child:
    def __init__(self, number: int, output: Path, replies: Any) -> None:
        self.number, self._output, self._replies = number, output, replies

    @property
    def output(self) -> str:
        """What it has written so far."""
        return self._output.read_text(errors="replace")

    def wait_for(self, words: str) -> None:
        end = time.monotonic() + 60
        while words not in self.output:
            assert time.monotonic() < end, self.output
            time.sleep(0.002)

    def kill(self) -> None:
        """SIGKILL; it may have ended before."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.number, signal.SIGKILL)

    def code(self) -> int:
        """Wait for its end. Only one child runs at a time."""
        return int(self._replies.readline())


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[ForkServer]:
    command = [sys.executable, "-m", "tests.fork_server"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield ForkServer(process, folder)
        finally:
            process.kill()


def _serve() -> None:
    import helper.training.run  # noqa: F401 - here, so that no child has to
    from tests import experiment_modules

    tensorflow_v1.load()

    for line in sys.stdin:
        name, arguments, output, die_at = json.loads(line)
        child = os.fork()
        if not child:
            handle = os.open(output, os.O_WRONLY)
            os.dup2(handle, 1)
            os.dup2(handle, 2)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            sys.stdin, sys.stdout = open(0), open(1, "w", buffering=1)  # noqa: SIM115
            if die_at:
                _die_at(die_at)
            from helper.training import cli

            module = experiment_modules.load(name)
            sys.argv = [str(module.__file__), *arguments]
            cli.run(module.main)
            raise AssertionError("not reached")
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _die_at(number: int) -> None:
    count = 0

    def hook(event: str, arguments: tuple) -> None:
        nonlocal count
        if event in ("open", "os.rename", "os.remove", "os.mkdir") and "/logs" in str(arguments[0]):
            count += 1
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


if __name__ == "__main__":
    _serve()
