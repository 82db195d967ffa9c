"""The networks of runs, rebuilt once and kept; they answer in this process, one at a time."""

from __future__ import annotations

import contextlib
import importlib
import logging
import threading
from collections import OrderedDict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from helper import tensorflow_v1
from helper.board.catalogue import stamp
from helper.runs.listing import ListedRun

if TYPE_CHECKING:
    from helper.saving.network import LoadedNetwork

_MOST_KEPT = 24


class Networks:
    """A cache of networks. A run that has trained on since is rebuilt."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[Any, LoadedNetwork]] = OrderedDict()

    @contextlib.contextmanager
    def of(self, run: ListedRun) -> Iterator[LoadedNetwork]:
        """The network of a run, for this thread alone. Raises LabError where there is none."""
        with self._lock:
            yield self._find(run)

    def _find(self, run: ListedRun) -> LoadedNetwork:
        name, record = run.name, run.record
        checkpoints = import_tensorflow().checkpoints.DIRECTORY
        now = (record.id, record.started) if record else None, stamp(run.path / checkpoints)
        if name in self._kept and self._kept[name][0] != now:
            self._kept.pop(name)[1].close()
        if name not in self._kept:
            self._kept[name] = now, _load(run)
        self._kept.move_to_end(name)
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)[1][1].close()
        return self._kept[name][1]


def import_tensorflow() -> Any:
    """Import TensorFlow, and return the module that rebuilds networks. What the import changes for
    the whole process is put back, because TensorBoard and its other plugins live in it too."""
    log = logging.getLogger("tensorflow")
    level = log.level
    try:
        tensorflow_v1.load()
        return importlib.import_module("helper.saving.network")
    finally:
        log.setLevel(level)


def _load(run: ListedRun) -> LoadedNetwork:
    network: LoadedNetwork = import_tensorflow().load(run)
    return network
