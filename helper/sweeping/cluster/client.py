"""Train each run of a sweep on a worker of a Dask cluster."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from helper.command import note
from helper.errors import LabError
from helper.runs import directory
from helper.runs.directory import Run
from helper.sweeping.cluster import archive, arriving, from_task, visible
from helper.sweeping.cluster.connection import check_address, connect
from helper.sweeping.cluster.orders import Order, Report, Source
from helper.sweeping.workers import INTERRUPTED, Ended, Task

_FEWEST_TASKS, _MOST_TASKS = 32, 1_000
_POLL_SECONDS = 0.5
_TELL_SECONDS = 2.0


class ClusterWorkers:
    """``Workers`` that hand each run to a Dask cluster.

    address: of the scheduler. script: the experiment. logdir: where the runs belong.
    most: how many runs at a time; by default as many as the cluster has threads.
    Entering raises LabError if the scheduler does not answer, or no worker agrees.
    """

    def __init__(self, address: str, script: Path, logdir: Path, most: int | None = None) -> None:
        check_address(address)
        self._address, self._script, self._logdir = address, script, logdir
        self._most = most or _MOST_TASKS
        self.jobs = self._most
        self._sweep = uuid.uuid4().hex
        self._topic = f"graph-lab-{self._sweep}"
        self._stopped, self._killed = threading.Event(), threading.Event()
        self._told = 0.0  # when the workers were told so
        self._free = threading.Condition()
        self._given = 0  # runs that the cluster has now
        self._listeners: dict[str, queue.SimpleQueue[Any]] = {}
        self._open = contextlib.ExitStack()

    def __enter__(self) -> ClusterWorkers:
        with contextlib.ExitStack() as opening:
            self._client = connect(self._address)
            opening.callback(self._client.close, timeout=2)
            from helper.sweeping.cluster.gate import Gate  # needs dask.distributed

            self._place = opening.enter_context(from_task.token(self._script, self._logdir))
            self._gate = Gate(self._client, self._place, self._stopped.is_set)
            with self._connected():
                self._client.subscribe_topic(self._topic, self._heard)
                self._gate.open()
                threads = sum(self._gate.admitted(None).values())
            # More than the cluster has threads now: it may grow.
            self.jobs = min(self._most, max(_FEWEST_TASKS, 4 * threads), _MOST_TASKS)
            self._open = opening.pop_all()
        if not self._gate.shared:
            note("the workers do not share the log directory: runs come back when they end")
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def train(self, task: Task, said: Callable[[str], None]) -> Ended:
        """Train a run to its end. said: called with the lines that its process prints.

        Raises LabError if the cluster is lost, and if the sweep is stopped before the run begins.
        """
        source = from_task.source(task)
        with self._connected(), self._slot(source):
            if self._gate.shared:
                report = self._given_to_cluster(self._order(task), source, said)
                if report.run:
                    visible.wait(Path(report.run))
                return Ended(report.code, report.error)
            return self._away(task, source, said)

    def interrupt(self) -> None:
        """Interrupt all runs as Ctrl-C would, and start no more."""
        self._stop("i")

    def kill(self) -> None:
        """End all runs at once."""
        self._killed.set()
        self._stop("k")

    def _stop(self, word: str) -> None:
        self._stopped.set()
        self._told = time.monotonic()
        with self._free:
            self._free.notify_all()
        # A worker that does not answer must not keep a second Ctrl-C waiting.
        telling = threading.Thread(target=self._tell, args=[word], daemon=True)
        telling.start()
        telling.join(_TELL_SECONDS if word == "k" else 0)

    def _tell(self, word: str) -> None:
        from helper.sweeping.cluster import at_worker

        with contextlib.suppress(Exception):  # the scheduler may be what was lost
            self._client.run(at_worker.stop, self._sweep, word, on_error="ignore")

    def _away(self, task: Task, source: Source, said: Callable[[str], None]) -> Ended:
        """Train in a log directory of the worker; the run comes back with the result."""
        old: Run | None = None
        if task.resumed is not None:
            old = directory.reopen(task.resumed.path)  # nobody else may resume it meanwhile
        try:
            content = archive.pack(old.path) if old else None
            report = self._given_to_cluster(self._order(task, content), source, said)
            if report.archive is not None and old is not None:
                arriving.replace(report.archive, old.path, old.record, task.logdir)
            elif report.archive is not None:
                arriving.place_new(report.archive, task.logdir, task.script.stem)
        finally:
            if old is not None:
                old.close()
        return Ended(report.code, report.error)

    def _order(self, task: Task, content: bytes | None = None) -> Order:
        return from_task.order(
            task, self._sweep, self._topic, self._place, self._gate.shared, content
        )

    def _given_to_cluster(
        self, order: Order, source: Source, said: Callable[[str], None]
    ) -> Report:
        """The report of the worker that trained it; of the next one, where one was lost."""
        from helper.sweeping.cluster import at_worker

        lines = self._listeners[order.key] = queue.SimpleQueue()
        try:
            while True:
                workers = set(self._gate.admitted(source))
                if not workers:
                    return Report(INTERRUPTED, "")
                future = self._client.submit(
                    at_worker.train,
                    order,
                    key=order.key,
                    workers=list(workers),
                    allow_other_workers=False,
                    pure=False,
                )
                try:
                    report = self._followed(future, workers, lines, said)
                finally:
                    future.release()
                if report is not None:
                    return report
        finally:
            del self._listeners[order.key]

    def _followed(
        self,
        future: Any,
        workers: set[str],
        lines: queue.SimpleQueue[Any],
        said: Callable[[str], None],
    ) -> Report | None:
        """Pass the run's lines on until it ends; None if its workers are lost, all of them."""
        future.add_done_callback(lambda _: lines.put(None))
        while True:
            try:
                line = lines.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                line = ""
            if line is None:
                return self._report(future)
            if line:
                said(line)
            elif self._killed.is_set():
                return Report(-9, "")
            elif self._stopped.is_set():
                if time.monotonic() - self._told > _TELL_SECONDS:
                    self._stop("i")  # a worker that has taken the run over knows nothing of it
            elif not workers & self._gate.present():
                return None

    def _report(self, future: Any) -> Report:
        if future.status == "cancelled":
            raise ConnectionError
        error = future.exception()
        if error is None:
            return Report(*future.result())
        if type(error).__name__ == "KilledWorker":
            return Report(1, f"{error.allowed_failures + 1} workers died while they trained it")
        return Report(1, f"{type(error).__name__}: {error}".splitlines()[0])

    @contextlib.contextmanager
    def _slot(self, source: Source) -> Iterator[None]:
        """Wait until the cluster has a thread for another run. Raises LabError once stopped."""
        with self._free:
            while not self._stopped.is_set():
                threads = sum(self._gate.admitted(source).values())
                if self._given < min(self._most, threads):
                    break
                self._free.wait(_POLL_SECONDS)
            if self._stopped.is_set():
                raise LabError("the sweep was stopped")
            self._given += 1
        try:
            yield
        finally:
            with self._free:
                self._given -= 1
                self._free.notify()

    @contextlib.contextmanager
    def _connected(self) -> Iterator[None]:
        """Say in one line that the scheduler is lost, whatever shows it."""
        from distributed.client import FutureCancelledError

        try:
            yield
        except (ConnectionError, FutureCancelledError, RuntimeError, ValueError) as error:
            if self._client.status == "running" and not isinstance(error, ConnectionError):
                raise
            raise LabError(
                f"the connection to the scheduler {self._address} is lost; its runs stop and save, "
                "and the same command continues from there"
            ) from None

    def _heard(self, event: tuple[float, Any]) -> None:
        """A worker's message; called in the client's own thread, which must not wait."""
        message = event[1]
        listener = self._listeners.get(message.get("key", ""))
        if listener is not None:
            for line in message.get("lines", ()):
                listener.put(str(line))
