"""Where everything goes that a script leaves: its run, in whatever thread, without a risk to it."""

from __future__ import annotations

import contextlib
import functools
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from tensorboard.compat.proto.event_pb2 import TaggedRunMetadata
from tensorboard.compat.proto.graph_pb2 import GraphDef

from helper.old_scripts import graphs
from helper.recording.recorder import Recorder

Method = TypeVar("Method", bound=Callable[..., None])


def _safely(method: Method) -> Method:
    """One thread at a time, not in a process that the script forked, and no error for the script:
    the first one is kept."""

    @functools.wraps(method)
    def called(self: Sink, *arguments: Any) -> None:
        if os.getpid() != self._process:
            return
        try:
            with self._lock:
                method(self, *arguments)
        except Exception as error:
            self.fault = self.fault or f"{method.__name__}: {type(error).__name__}: {error}"

    return called  # type: ignore[return-value]


class Sink:
    """Passes on to the run. fault: the first thing that could not be passed on, or ""."""

    def __init__(self, recorder: Recorder) -> None:
        self.fault = ""
        self._recorder = recorder
        self._lock = threading.RLock()
        self._process = os.getpid()
        self._has_graph = False

    def directory(self, split: str) -> Path:
        """Where the event files of a split are, and what a script may put beside them."""
        path = self._recorder.path / split
        with contextlib.suppress(OSError):  # the run was removed; the script may not care
            path.mkdir(exist_ok=True)
        return path

    @_safely
    def scalars(self, split: str, step: int, values: dict[str, float]) -> None:
        """Points of curves."""
        self._recorder.scalars(split, step, values)

    @_safely
    def reached(self, step: int) -> None:
        """So many steps are done."""
        self._recorder.reached(step)

    @_safely
    def event(self, split: str, event: Any) -> None:
        """What a FileWriter writes: an Event of TensorFlow."""
        if event.HasField("graph_def"):
            self.graph(GraphDef.FromString(event.graph_def))
        elif event.HasField("summary"):
            self._recorder.summary(split, event.step, event.summary)
        elif event.HasField("tagged_run_metadata"):
            timing = event.tagged_run_metadata.SerializeToString()
            self._recorder.timing(event.step, TaggedRunMetadata.FromString(timing))

    @_safely
    def graph(self, graph: Any) -> None:
        """The graph, a tf.Graph or a GraphDef: the first one that has any operations."""
        if self._has_graph or (hasattr(graph, "get_operations") and not graph.get_operations()):
            return
        # A graph of more than 2 GB does not fit into a GraphDef: an error, kept as a fault.
        self._has_graph = True
        if hasattr(graph, "as_graph_def"):
            graph = graph.as_graph_def(add_shapes=True)
        self._recorder.graph(graphs.without_data(graph))
