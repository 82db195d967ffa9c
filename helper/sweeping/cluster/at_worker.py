"""What a Dask worker executes: check what it would train with, and train a run.

A worker is lost at any moment, and Dask then gives the order to another one. So an order may have
been begun: with a shared log directory its run is found and resumed, and never while the process of
a lost worker may still write it.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from distributed import get_worker

from helper.errors import LabError, reason
from helper.loading import Damaged
from helper.runs import directory, listing
from helper.runs.listing import ListedRun
from helper.runs.record import Status
from helper.sweeping.cluster import agreement, archive, children
from helper.sweeping.cluster.agreement import Facts
from helper.sweeping.cluster.orders import Order, Place, Report, Source
from helper.sweeping.found_runs import has_checkpoint
from helper.sweeping.setting import is_of
from helper.sweeping.workers import INTERRUPTED

# A guard needs up to a minute to end a run; a server for files, to notice that a machine is gone.
_LOCKED_SECONDS = 180
_LOADED = agreement.code()  # by this process, which stays when the files change
_FINISHED = {Status.COMPLETED: 0, Status.DIVERGED: 1}


def check(place: Place, source: Source | None) -> Facts:
    """What a run on this worker would depend on."""
    found = agreement.facts(place, source)
    if found[agreement.CODE] != _LOADED:
        found[agreement.CODE] = "changed since this worker was started, restart it"
    return found


def stop(sweep: str, word: str) -> None:
    """Interrupt ("i") or kill ("k") the runs of a sweep on this worker, and start no more."""
    children.stop(sweep, word)


def train(order: Order) -> Report:
    """Train a run to its end, or resume what a lost worker has left of it. Raises nothing."""
    try:
        return _away(order) if order.logdir is None else _shared(order, order.logdir)
    except (LabError, Damaged, OSError) as error:
        return Report(1, f"on {_name()}: {reason(error) if isinstance(error, OSError) else error}")


def _shared(order: Order, logdir: str) -> Report:
    """Train where the sweep's side and all workers see the run."""
    path = Path(order.resumed) if order.resumed else None
    begun = _begun(order, Path(logdir)) if path is None else None
    if begun is not None:
        path = begun.path
    if path is not None and not _unlocked(path, order):
        return Report(INTERRUPTED, "") if _abandoned(order.key)() else Report(1, _locked(path))
    if begun is not None:
        begun = _read(begun.path)
        if begun is not None and begun.status in _FINISHED:
            return Report(_FINISHED[begun.status], str(begun.status), str(begun.path))
        path = begun.path if begun is not None and has_checkpoint(begun) else None
    arguments = (f"--resume={path}",) if begun and path else order.arguments
    if order.resumed:
        arguments = (f"--resume={path}", *order.arguments)
    code, error = _run(order, (*arguments, f"--logdir={logdir}"))
    if path is None:
        begun = _begun(order, Path(logdir))
        path = begun.path if begun else None
    return Report(code, error, str(path or ""))


def _away(order: Order) -> Report:
    """Train in a log directory of this worker's own; the run goes back as an archive."""
    scratch = getattr(get_worker(), "local_directory", None)
    with tempfile.TemporaryDirectory(prefix="graph-lab-", dir=scratch) as place:
        logdir = Path(place)
        arguments = order.arguments
        experiment = logdir / agreement.script_path(order.place).stem
        if order.archive is not None:
            run = experiment / Path(order.resumed).name
            run.mkdir(parents=True)
            archive.unpack(order.archive, run)
            arguments = (f"--resume={run}", *arguments)
        code, error = _run(order, (*arguments, f"--logdir={logdir}"))
        made = list(listing.below(experiment, logdir)) if experiment.is_dir() else []
        if len(made) != 1 or made[0].record is None:
            return Report(code, error)
        return Report(code, error, archive=archive.pack(made[0].path))


def _run(order: Order, arguments: Sequence[str]) -> tuple[int, str]:
    script = agreement.script_path(order.place)
    worker = get_worker()

    def said(lines: list[str]) -> None:
        worker.log_event(order.topic, {"key": order.key, "lines": lines})

    return children.run(
        order.sweep,
        [sys.executable, str(script), *arguments],
        agreement.working_directory(order.place),
        said,
        _abandoned(order.key),
    )


def _begun(order: Order, logdir: Path) -> ListedRun | None:
    """The run that this order has made, here or on a worker that was lost."""
    experiment = logdir / agreement.script_path(order.place).stem
    if not experiment.is_dir():
        return None
    newer = (p for p in experiment.iterdir() if directory.number(p) > order.newest)
    for path in sorted(newer, key=directory.number, reverse=True):
        run = _read(path)
        if run is not None and run.record and is_of(run.record.argv, order.arguments):
            return run
    return None


def _read(path: Path) -> ListedRun | None:
    return next(listing.below(path, path.parent.parent), None)


def _unlocked(run: Path, order: Order) -> bool:
    """Wait until no process writes the run; False if one still does after all."""
    abandoned = _abandoned(order.key)
    end = time.monotonic() + _LOCKED_SECONDS
    while directory.is_locked(run):
        if time.monotonic() > end or abandoned():
            return False
        time.sleep(0.5)
    return True


def _locked(run: Path) -> str:
    return (
        f"a process of a lost worker still writes {run.name}; end it, and the same command goes on"
    )


def _abandoned(key: str) -> Callable[[], bool]:
    """Whether nobody waits for the order any more: the sweep is gone, or this worker is closing."""
    worker = get_worker()

    def abandoned() -> bool:
        # A task that is released while it runs is marked so: the client has cancelled it or gone.
        task = worker.state.tasks.get(key)
        return task is None or task.state == "cancelled" or worker.status.name != "running"

    return abandoned


def _name() -> str:
    return str(get_worker().address)
