"""What a sweep costs on a Dask cluster besides the training: up to 1,000 runs that do nothing.

A scheduler and a worker of four threads run on this machine's loopback. Each run is a process that
leaves a finished run behind and ends. What limits a large cluster is not the workers, which only
become more, but the sweep's own process and the scheduler: one core of each. So their processor
time per run, with the progress that a run of 40 s delivers each second, decides how many workers
they could keep busy. The heartbeats of idle workers are not in it: Dask makes them rarer as workers
become more.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from helper.errors import LabError
from helper.sweeping.cluster.client import ClusterWorkers
from helper.sweeping.cluster.connection import connect
from helper.sweeping.sweep import Sweep
from scripts.benchmarks.task import ROOT

SIZES = (10, 100, 1_000)
RUN_SECONDS = 40.0  # of hidden_layer.py --steps 30000
COLUMNS = (
    "runs",
    "seconds",
    "ms per run",
    "sweep, CPU ms",
    "scheduler, CPU ms",
    f"workers fed, runs of {RUN_SECONDS:g} s",
)
_THREADS = 4
_DELIVERIES = 2_000
_STAND_IN = """
import json, os, sys
flags = dict(word[2:].split("=", 1) for word in sys.argv[1:])
name = f"{int(flags['seed']):04d}"
run = os.path.join(flags["logdir"], "stand_in", name)
os.makedirs(run)
open(os.path.join(run, "lock"), "w").close()
record = {"format": 2, "experiment": "stand_in", "name": name, "status": "completed"}
with open(os.path.join(run, "run.json.new"), "w") as file:
    json.dump({**record, "argv": sys.argv, "flags": flags, "step": 1, "steps": 1}, file)
os.rename(os.path.join(run, "run.json.new"), os.path.join(run, "run.json"))
print("step: 1, train-acc: 0.5000")
"""


def measure(place: Path) -> list[list[str]]:
    """A row for each number of runs. place: an empty directory. Raises LabError."""
    script = place / "stand_in.py"
    script.write_text(_STAND_IN)
    with _cluster(place) as (address, scheduler):
        lines = _progress(address, scheduler)
        return [
            _sweep(script, place / str(runs), address, scheduler, runs, lines) for runs in SIZES
        ]


def deliver(topic: str) -> None:
    """On a worker: deliver progress ``_DELIVERIES`` times, as a run does once a second."""
    from distributed import get_worker

    for step in range(_DELIVERIES):
        get_worker().log_event(topic, {"key": "x", "lines": [f"step: {step}, train-acc: 0.5000"]})
        time.sleep(0.001)


def _progress(address: str, scheduler: int) -> tuple[float, float]:
    """Processor seconds of this process and of the scheduler for a delivery of progress."""
    client = connect(address)
    heard: queue.SimpleQueue[object] = queue.SimpleQueue()
    client.subscribe_topic("progress", heard.put)
    client.submit(len, "").result()  # the connections are there
    before = time.process_time(), _processor_seconds(scheduler)
    done = client.submit(deliver, "progress", pure=False)
    for _ in range(_DELIVERIES):
        heard.get(timeout=60)
    after = time.process_time(), _processor_seconds(scheduler)
    done.result()
    client.close()
    own, its = ((end - start) / _DELIVERIES for start, end in zip(before, after, strict=True))
    return own, its


def _sweep(
    script: Path,
    logdir: Path,
    address: str,
    scheduler: int,
    runs: int,
    lines: tuple[float, float],
) -> list[str]:
    settings = [("--dataset=colours", f"--seed={seed}") for seed in range(1, runs + 1)]
    with ClusterWorkers(address, script, logdir) as workers:
        sweep = Sweep(script, logdir)
        before = time.perf_counter(), time.process_time(), _processor_seconds(scheduler)
        outcomes = sweep.run(settings, workers, lambda _: None)
        after = time.perf_counter(), time.process_time(), _processor_seconds(scheduler)
    bad = [outcome for outcome in outcomes if outcome.status != "completed"]
    if bad:
        raise LabError(f"a run ended as {bad[0].status}: {bad[0].error}")
    wall, own, its = ((end - start) / runs for start, end in zip(before, after, strict=True))
    own, its = own + RUN_SECONDS * lines[0], its + RUN_SECONDS * lines[1]
    fed = RUN_SECONDS / max(own, its)
    times = (f"{1000 * seconds:,.1f}" for seconds in (wall, own, its))
    return [f"{runs:,}", f"{wall * runs:,.1f}", *times, f"{fed:,.0f}"]


def _processor_seconds(pid: int) -> float:
    import psutil

    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


@contextlib.contextmanager
def _cluster(place: Path) -> Iterator[tuple[str, int]]:
    """A scheduler and a worker; gives the scheduler's address, and the number of its process."""
    dask = [sys.executable, "-m", "dask"]
    where = ["--host=127.0.0.1", "--dashboard-address=127.0.0.1:0"]
    file = place / "scheduler.json"
    with contextlib.ExitStack() as processes:
        scheduler = _start(
            [*dask, "scheduler", *where, "--port=0", f"--scheduler-file={file}"], processes
        )
        _start(
            [
                *(*dask, "worker", *where, "--no-nanny", f"--scheduler-file={file}"),
                *(f"--nthreads={_THREADS}", f"--local-directory={place / 'worker'}"),
            ],
            processes,
        )
        yield _address(file), scheduler


def _address(file: Path) -> str:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with contextlib.suppress(OSError, ValueError):
            return str(json.loads(file.read_text())["address"])
        time.sleep(0.1)
    raise LabError("the scheduler does not start; see: dask scheduler")


def _start(command: list[str], processes: contextlib.ExitStack) -> int:
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    processes.callback(process.wait)
    processes.callback(process.kill)
    return process.pid
