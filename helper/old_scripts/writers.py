"""``tf.summary.FileWriter`` for a script: its summaries go to its run, whatever path it names."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from helper.old_scripts import projections
from helper.old_scripts.sink import Sink
from helper.tensorflow_v1 import tf

_WORDS = {"test": ("test", "eval"), "validation": ("valid", "dev")}


def split_of(path: str) -> str:
    """The split that the last part of a log directory's path names: "train" if none."""
    last = os.path.basename(os.path.normpath(path)).lower()
    return next((s for s, words in _WORDS.items() if any(w in last for w in words)), "train")


def install(
    sink: Sink, step: Callable[[], int], patch: list[Any]
) -> tuple[Callable[[Any], Collection[str]], Callable[[], None]]:
    """Make the class, and put it where the modules in ``patch`` have the original.

    step: the number of training steps so far, for summaries that are added without one. Returns a
    function that gives the tags of a graph's scalar summaries, none while there is no FileWriter,
    and one to call when the script has ended.
    """
    from tensorflow.python.summary.writer import writer as original

    class ToRun:
        """What takes the events of a FileWriter."""

        def __init__(self, path: str) -> None:
            self._split = split_of(path)

        def add_event(self, event: Any) -> None:
            sink.event(self._split, event)

        def flush(self) -> None:
            pass

        close = reopen = flush

        def get_logdir(self) -> str:
            return str(sink.directory(self._split))

    made: list[tuple[str, Any]] = []

    class FileWriter(original.FileWriter):
        """As ``tf.summary.FileWriter``; ``get_logdir`` gives the directory in the run."""

        def __init__(
            self,
            logdir: Any,
            graph: Any = None,
            max_queue: int = 10,
            flush_secs: int = 120,
            graph_def: Any = None,
            filename_suffix: str | None = None,
            session: Any = None,
        ) -> None:
            self._closed = False
            made.append((os.path.abspath(os.fspath(logdir)), self))
            # The base class would also copy the graph, with all its constants, as a MetaGraph.
            original.SummaryToEventTransformer.__init__(self, ToRun(os.fspath(logdir)))
            if graph is not None or graph_def is not None:
                self.add_graph(graph=graph, graph_def=graph_def)

        def add_summary(self, summary: Any, global_step: Any = None) -> None:
            super().add_summary(summary, step() if global_step is None else global_step)

        def add_meta_graph(self, meta_graph_def: Any, global_step: Any = None) -> None:
            """A copy of the graph is enough."""

    for module in patch:
        module.FileWriter = FileWriter

    def complete() -> None:
        for logdir, writer in made:
            projections.complete(Path(writer.get_logdir()), logdir)

    def tags(graph: Any) -> Collection[str]:
        operations = graph.get_operations() if made else []
        found = (tf.get_static_value(o.inputs[0]) for o in operations if o.type == "ScalarSummary")
        return {tag.item().decode() for tag in found if tag is not None}

    return tags, complete
