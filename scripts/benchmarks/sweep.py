"""A sweep of twelve runs: its processes forked, and each importing TensorFlow for itself."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from helper.errors import LabError
from helper.runs import listing
from helper.sweeping import forked, grid, this_machine
from helper.sweeping.processes import Processes
from helper.sweeping.setting import Setting
from helper.sweeping.sweep import Sweep
from helper.sweeping.workers import Workers
from scripts.benchmarks.task import ROOT

COLUMNS = ("", "seconds", "of the first", "aim")
_EACH_IMPORTS, _FORKED = "each run imports TensorFlow, 2 at a time", "forked, one per core"
_AIM = 0.4  # of the time, on 2 cores

Results = dict[Setting, str]


class Swept(NamedTuple):
    """seconds: wall time of the sweep. results: a digest of the results of each run."""

    seconds: float
    results: Results


def measure(arguments: Sequence[str]) -> tuple[list[list[str]], list[str]]:
    """A row for each way, with its seconds, and a line for each setting whose results differ.

    arguments: flags of all runs. Raises LabError if a run does not complete.

    The last bits of a run depend on its number of threads. So forked runs are compared with some
    that are not forked and have one thread as well, which are not timed.
    """
    rates, fixed = ["--learning_rate=0.05,0.1,0.2,0.5"], ["--seed=1..3", *arguments]
    slow = _sweep([*rates, *fixed], Processes(2))
    fast = _sweep([*rates, *fixed], this_machine.workers(None))
    with _one_thread():
        again = _sweep(["--learning_rate=0.05", *fixed], Processes(2))
    return rows(slow.seconds, fast.seconds), unlike(again.results, fast.results)


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(forked.ONE_THREAD)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def unlike(usual: Results, forked: Results) -> list[str]:
    """A line for each usual run whose forked one has another result."""
    return [
        f"{' '.join(setting)}: forked, its metrics or weights are not the same bits"
        for setting, result in usual.items()
        if forked[setting] != result
    ]


def rows(slow: float, fast: float) -> list[list[str]]:
    ratio = fast / slow
    aim = f"≤ {_AIM:g} {'✓' if ratio <= _AIM else '✗'}"
    return [
        [_EACH_IMPORTS, f"{slow:.1f}", "", ""],
        [_FORKED, f"{fast:.1f}", f"{ratio:.2f}", aim],
    ]


def _sweep(arguments: Sequence[str], workers: Workers) -> Swept:
    """Train all combinations in a temporary log directory."""
    settings = grid.combinations(grid.parse(arguments))
    with tempfile.TemporaryDirectory() as place:
        sweep = Sweep(ROOT / "experiments" / "softmax.py", Path(place))
        started = time.perf_counter()
        with workers:
            outcomes = sweep.run(settings, workers, lambda _: None)
        seconds = time.perf_counter() - started
        results = {}
        for outcome in outcomes:
            if outcome.status != "completed" or outcome.run is None:
                raise LabError(f"{' '.join(outcome.setting)} {outcome.status}: {outcome.error}")
            results[outcome.setting] = digest(outcome.run)
        return Swept(seconds, results)


def digest(run: listing.ListedRun) -> str:
    """SHA-256 of the final metrics and of the variables in the last checkpoint."""
    found = hashlib.sha256(repr(sorted(run.final.items())).encode())
    tensors = sorted((run.path / "checkpoints").glob("step-*.data-*"))
    if not tensors:
        raise LabError(f"{run.path} has no checkpoint")
    found.update(tensors[-1].read_bytes())
    return found.hexdigest()
