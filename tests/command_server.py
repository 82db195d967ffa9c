"""Start the real command lines without importing anything for each: warmed-up processes that fork.

``python scripts/<name>.py`` and ``python experiments/<name>.py`` run as ``__main__`` in a forked
child with streams, directory, environment and limits of its own. Forking is sound because no
session, and so none of TensorFlow's threads, exists before the fork.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import resource
import runpy
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
CLOSED = "closed"
TIMEOUT = 124


class Done(NamedTuple):
    """A command that has ended. code: the exit code, minus a signal's number, or TIMEOUT.

    megabytes: the most memory that it had.
    """

    code: int
    stdout: str
    stderr: str
    seconds: float
    megabytes: int


class CommandServer:
    """outputs: the files in which everything is that the commands have written."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process, self._folder = process, folder
        self.outputs: list[Path] = []

    def run(
        self,
        command: Sequence[str],
        cwd: Path,
        environment: Mapping[str, str] | None = None,
        stdin: str = os.devnull,
        stdout: str | None = None,
        stderr: str | None = None,
        limits: Mapping[str, int] | None = None,
        prelude: str = "",
        seconds: float = 60,
    ) -> Done:
        """Run ``scripts/…`` or ``experiments/…`` with its arguments, and wait for its end.

        stdin, stdout, stderr: a path such as /dev/full, or CLOSED. limits: by the names of
        ``resource``, such as RLIMIT_FSIZE. prelude: Python that the child executes first, for
        faults that only the inside can have. seconds: after these it is killed.
        """
        out, err = (self._folder / f"{len(self.outputs)}.{name}" for name in ("out", "err"))
        for path in (out, err):
            path.touch()
        self.outputs += [out, err]
        request = {
            "command": [str(ROOT / command[0]), *command[1:]],
            "cwd": str(cwd),
            "environment": dict(environment or {}),
            "streams": [stdin, stdout or str(out), stderr or str(err)],
            "limits": dict(limits or {}),
            "prelude": prelude,
            "seconds": seconds,
        }
        assert self._process.stdin and self._process.stdout
        print(json.dumps(request), file=self._process.stdin, flush=True)
        code, taken, megabytes = json.loads(self._process.stdout.readline())
        texts = (path.read_text("utf-8", "backslashreplace") for path in (out, err))
        return Done(code, *texts, taken, megabytes)


@contextlib.contextmanager
def serving(folder: Path, *modules: str) -> Iterator[CommandServer]:
    """A server whose process has imported these modules, and TensorFlow if one of them uses it."""
    environment = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "PYTHONUNBUFFERED")}
    command = [sys.executable, "-m", "tests.command_server", *modules]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, text=True
    ) as process:
        try:
            yield CommandServer(process, folder)
        finally:
            process.kill()


def _serve(modules: Sequence[str]) -> None:
    for module in modules:
        __import__(module)
    if "helper.tensorflow_v1" in sys.modules:
        sys.modules["helper.tensorflow_v1"].load()
    for line in sys.stdin:
        request = json.loads(line)
        started = time.monotonic()
        child = os.fork()
        if not child:
            # The end of this process is that of a real one: exit handlers, flushing and all.
            _become(request)
            return
        code, megabytes = _wait(child, started + request["seconds"])
        print(json.dumps([code, time.monotonic() - started, megabytes]), flush=True)


def _wait(child: int, end: float) -> tuple[int, int]:
    while True:
        found, status, usage = os.wait4(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status), usage.ru_maxrss >> 10
        if time.monotonic() > end:
            os.kill(child, 9)
            return TIMEOUT, os.wait4(child, 0)[2].ru_maxrss >> 10
        time.sleep(0.002)


def _become(request: dict) -> None:
    """Be the process that runs the command."""
    os.chdir(request["cwd"])
    os.environ.update(request["environment"])
    _take_streams(request["streams"])
    for name, limit in request["limits"].items():
        resource.setrlimit(getattr(resource, name), (limit, limit))
    sys.argv = request["command"]
    sys.path[0] = os.path.dirname(sys.argv[0])
    exec(request["prelude"], {})
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as end:
        if isinstance(end.code, int):
            # To take TensorFlow apart would take most of the time of a case. The commands have
            # flushed their streams.
            atexit._run_exitfuncs()
            os._exit(end.code)
        raise


def _take_streams(targets: Sequence[str]) -> None:
    """Open the three standard streams as Python's start does; those that are closed are None."""
    for number, target in enumerate(targets):
        handle = os.open(os.devnull if target == CLOSED else target, os.O_RDWR)
        os.dup2(handle, number)
        os.close(handle)
    # As at the start of Python, where a stream that is closed has no object.
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", 1, "utf-8", "backslashreplace", closefd=False)  # noqa: SIM115
    for number, (name, target) in enumerate(
        zip(("stdin", "stdout", "stderr"), targets, strict=True)
    ):
        if target == CLOSED:
            os.close(number)
            setattr(sys, name, None)
            setattr(sys, f"__{name}__", None)
        else:
            setattr(sys, f"__{name}__", getattr(sys, name))


if __name__ == "__main__":
    _serve(sys.argv[1:])
