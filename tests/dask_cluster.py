"""A Dask scheduler and workers on this machine's loopback, in processes of their own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
# Without the second one, Dask answers HTTP on all addresses.
LOOPBACK = ("--host=127.0.0.1", "--dashboard-address=127.0.0.1:0")
# A sweep whose workers are told of a file that is not there: they share no log directory.
NOT_SHARED = f"""
import contextlib, sys
sys.path.insert(0, {str(ROOT)!r})
from helper.command import run
from helper.sweeping.cluster import from_task
from scripts.sweep import main
token = from_task.token
@contextlib.contextmanager
def hidden(*arguments):
    with token(*arguments) as place:
        yield place._replace(token=place.token + "-elsewhere")
from_task.token = hidden
sys.exit(run(main, unread=1))
"""


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


class Cluster:
    """address: of the scheduler. workers: the process of each worker."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.workers: list[subprocess.Popen[bytes]] = []
        file = place / "scheduler"
        self.scheduler = self._start("scheduler", "--port=0", f"--scheduler-file={file}")
        wait_for(lambda: "tcp://" in self.log("scheduler"))
        (self.address,) = {
            word
            for line in self.log("scheduler").splitlines()
            for word in line.split()
            if "Scheduler at:" in line and word.startswith("tcp://")
        }

    def add_worker(self, threads: int = 1, **variables: str) -> subprocess.Popen[bytes]:
        """Start a worker, and wait until the scheduler knows it."""
        name = f"worker{len(self.workers)}"
        options = ["--no-nanny", f"--nthreads={threads}", f"--name={name}"]
        scratch = f"--local-directory={self.place / name}"
        worker = self._start("worker", self.address, *options, scratch, log=name, **variables)
        self.workers.append(worker)
        wait_for(lambda: "Registered to" in self.log(name))
        return worker

    def log(self, name: str) -> str:
        return (self.place / f"{name}.log").read_text()

    def lose(self, worker: subprocess.Popen[bytes]) -> None:
        """End a worker and all its processes at once, as a machine does that loses power."""
        family = [psutil.Process(worker.pid)]
        family += family[0].children(recursive=True)
        for process in family:
            process.suspend()
        for process in family:
            process.kill()
        worker.wait()

    def close(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.send_signal(signal.SIGKILL)
            process.wait()

    def _start(
        self, kind: str, *options: str, log: str = "scheduler", **variables: str
    ) -> subprocess.Popen[bytes]:
        path = os.pathsep.join([str(ROOT), *filter(None, [variables.pop("PYTHONPATH", "")])][::-1])
        with open(self.place / f"{log}.log", "wb") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", kind, *LOOPBACK, *options],
                cwd=self.place,
                env=os.environ | variables | {"PYTHONPATH": path},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )


@contextlib.contextmanager
def cluster(place: Path, workers: int = 0) -> Iterator[Cluster]:
    place.mkdir(parents=True, exist_ok=True)
    found = Cluster(place)
    try:
        for _ in range(workers):
            found.add_worker()
        yield found
    finally:
        found.close()
