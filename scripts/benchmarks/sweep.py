"""A sweep of twelve runs: its processes forked, and each importing TensorFlow for itself."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from helper.errors import LabError
from helper.runs import listing
from helper.sweeping import grid, this_machine
from helper.sweeping.processes import Processes
from helper.sweeping.sweep import Sweep
from helper.sweeping.workers import Workers
from scripts.benchmarks.task import ROOT

COLUMNS = ("", "seconds", "of the first", "aim")
_EACH_IMPORTS, _FORKED = "each run imports TensorFlow, 2 at a time", "forked, one per core"
_AIM = 0.4  # of the time, on 2 cores


class Swept(NamedTuple):
    """seconds: wall time of the sweep. results: a digest of the results of each run, by setting."""

    seconds: float
    results: dict[tuple[str, ...], str]


def measure(arguments: Sequence[str]) -> list[list[str]]:
    """A row for each way: seconds, and the ratio. Raises LabError if the results differ.

    arguments: flags of all runs.
    """
    settings = ["--learning_rate=0.05,0.1,0.2,0.5", "--seed=1..3", *arguments]
    slow = _sweep(settings, Processes(2))
    fast = _sweep(settings, this_machine.workers(None))
    different = [key for key, result in slow.results.items() if fast.results[key] != result]
    if different:
        raise LabError(f"{len(different)} runs gave other bits: {' '.join(different[0])}, …")
    return rows(slow.seconds, fast.seconds)


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
