"""Which workers of a cluster get runs: those that would give the same result as this machine."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from helper.command import note
from helper.errors import LabError
from helper.sweeping.cluster import agreement, at_worker
from helper.sweeping.cluster.agreement import BITS, SEES, SHARED, UNLOCKED, Facts
from helper.sweeping.cluster.orders import Place, Source

_REFRESH_SECONDS = 1.0
_PATIENCE_SECONDS = 60.0  # for a first worker to appear, or for another one after the last
_LONGEST_ERROR = 200


class Gate:
    """Asks each worker before its first run. The methods may be called from any thread.

    stopped: whether the sweep was stopped, which ends all waiting.
    """

    def __init__(self, client: Any, place: Place, stopped: Callable[[], bool]) -> None:
        self._client, self._place, self._stopped = client, place, stopped
        self._lock = threading.Lock()
        self._threads: dict[str, int] = {}
        self._read = -_REFRESH_SECONDS
        self._ours: dict[Source | None, Facts] = {}
        self._asked: dict[tuple[str, Source | None], Any] = {}
        self._refused: dict[tuple[str, Source | None], str] = {}
        self._agreed: set[tuple[str, Source | None]] = set()
        self._noted: set[str] = set()
        self._shared: bool | None = None

    @property
    def shared(self) -> bool:
        """Whether the workers share the log directory: all of those that were there at first."""
        return bool(self._shared)

    def open(self) -> None:
        """Wait for the first workers, and find out whether they share the log directory.

        Raises LabError if none comes, or none agrees.
        """
        self.admitted(None, everyone=True)

    def admitted(self, source: Source | None, everyone: bool = False) -> Mapping[str, int]:
        """The workers that agree, also on the data: the number of threads by address.

        everyone: wait for the answers of all the workers that are there, instead of one.
        Raises LabError if none agrees, or there is none for a minute.
        """
        end = time.monotonic() + _PATIENCE_SECONDS
        while True:
            with self._lock:
                self._refresh()
                self._ask(source)
                self._take_answers(everyone)
                present = {address: (address, source) for address in self._threads}
                good = {a: self._threads[a] for a, k in present.items() if k in self._agreed}
                refused = [self._refused[k] for k in present.values() if k in self._refused]
            waiting = len(present) - len(good) - len(refused)
            if good and not (everyone and waiting) or self._stopped():
                return good
            if present and not waiting and not good:
                raise LabError(f"no worker of the cluster can train these runs: {refused[0]}")
            if not present and time.monotonic() > end:
                raise LabError(
                    "the cluster has no workers; start some with: dask worker "
                    f"{self._client.scheduler.address}"
                )
            time.sleep(0.1)

    def present(self) -> set[str]:
        """The workers that are there now, whether they agree or not."""
        with self._lock:
            self._refresh()
            return set(self._threads)

    def _refresh(self) -> None:
        if time.monotonic() - self._read < _REFRESH_SECONDS:
            return
        workers = self._client.scheduler_info(n_workers=-1)["workers"]
        self._threads = {address: int(w["nthreads"]) for address, w in workers.items()}
        self._read = time.monotonic()

    def _ask(self, source: Source | None) -> None:
        for address in self._threads:
            key = (address, source)
            if key in self._agreed or key in self._refused or key in self._asked:
                continue
            self._asked[key] = self._client.submit(
                at_worker.check,
                self._place,
                source,
                workers=[address],
                allow_other_workers=False,
                pure=False,
                priority=10,
            )
        if source not in self._ours:
            self._ours[source] = agreement.facts(self._place, source)

    def _take_answers(self, everyone: bool) -> None:
        done = {key: future for key, future in self._asked.items() if future.done()}
        answers = {}
        for key, future in done.items():
            del self._asked[key]
            answers[key] = self._answer(future)
        if self._shared is None and everyone and not self._asked and answers:
            seen = [facts.get(SEES) for facts in answers.values() if isinstance(facts, dict)]
            self._shared = bool(seen) and all(value == SHARED for value in seen)
            if UNLOCKED in seen:
                self._note("the log directory's file system does not lock between machines")
        for key, found in answers.items():
            problem = found if isinstance(found, str) else self._problem(key[1], found)
            if problem:
                self._refused[key] = problem
                self._note(f"{key[0]} gets no runs: {problem}")
            else:
                self._agreed.add(key)

    def _answer(self, future: Any) -> Facts | str:
        """What a worker has, or why it cannot say."""
        error = future.exception()
        if error is None:
            return dict(future.result())
        if isinstance(error, ImportError):
            return f"the project is not installed there ({error})"
        return f"{type(error).__name__}: {error}".splitlines()[0][:_LONGEST_ERROR]

    def _problem(self, source: Source | None, theirs: Facts) -> str:
        ours = self._ours[source]
        found = agreement.differences(ours, theirs)
        if found:
            return found[0]
        if self._shared and theirs.get(SEES) != SHARED:
            return "it does not see the log directory, which the first workers did"
        if theirs.get(BITS) != ours[BITS]:
            self._note("workers have other processors than this machine; last bits may differ")
        return ""

    def _note(self, text: str) -> None:
        if text not in self._noted:
            self._noted.add(text)
            note(text)
