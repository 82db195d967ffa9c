"""Record a loop of one's own as a run, like those that ``training.train`` makes.

    with recorder.start("my_loop", settings={"learning_rate": 0.5}) as run:
        run.graph(tf.get_default_graph())
        for step in range(1, 1001):
            …
            run.scalars("train", step, {"loss": loss})
        run.scalars("test", step, {"accuracy": accuracy})
        run.predictions(predicted, labels)

Nothing here needs TensorFlow: the loop may be one of any library.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from google.protobuf.message import DecodeError
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.summary_pb2 import Summary

from helper.command import shell_path
from helper.data.datasets import Dataset
from helper.errors import UsageError
from helper.recording import ending
from helper.recording.beginning import beginning, versions
from helper.recording.run_writer import RunWriter
from helper.runs import directory
from helper.runs.record import LOWER_IS_BETTER, Record, Seconds, Status, Value
from helper.runs.settings import as_flagfile

_SPLITS = ("train", "validation", "test")
_SECONDS_TO_WAIT = 1.0  # between two flushes of the curves
_SECONDS_TO_LOSE = 5.0  # by a crash of the machine; a process that dies loses a flush at most


def start(
    name: str,
    settings: Mapping[str, Value] | None = None,
    *,
    logdir: str | Path = "logs",
    run_name: str = "",
    watched: Literal["test", "validation"] = "test",
    data: Dataset | None = None,
    lower_is_better: Mapping[str, bool | None] | None = None,
    argv: Sequence[str] | None = None,
    origin: Literal["recorder", "script"] = "recorder",
) -> Recorder:
    """Begin a run: ``logdir/name/0001``, or the next number that is free.

    settings: what the run is compared by; of these "seed" and "steps" are known to every tool.
    run_name: what follows the number. watched: the split by which the best values are found.
    data: what it is trained on, so that a verdict can tell that two runs had the same.
    lower_is_better: the directions of metrics other than loss and accuracy.
    argv: the command; by default this program's.
    Raises UsageError for an invalid name or setting, LabError if nothing can be written.
    """
    flags = dict(settings or {})
    for key, value in flags.items():
        _check_setting(key, value)
    first = beginning(
        name,
        sys.argv if argv is None else argv,
        flags,
        data,
        seed=_whole(flags.get("seed")),
        steps=_whole(flags.get("steps")),
        lower_is_better=LOWER_IS_BETTER | dict(lower_is_better or {}),
        watched=watched,
        origin=origin,
    )
    return Recorder(directory.create(logdir, run_name, first))


class Recorder:
    """A run that is being recorded, by one thread. Leave its ``with`` statement to end it.

    Its status is then "completed", "interrupted" after Ctrl-C, "failed" after any other exception,
    "diverged" if the last loss is not finite; of a process that dies, "killed".
    """

    def __init__(self, run: directory.Run) -> None:
        self._run = run
        self._began = self._flushed = self._durable = time.monotonic()
        self._writer = RunWriter(run, as_flagfile(run.record.flags))
        self._final: dict[str, float] = {}
        self._ended = False

    @property
    def path(self) -> Path:
        """The run directory."""
        return self._run.path

    @property
    def record(self) -> Record:
        """What ``run.json`` says, or will say when it is next saved."""
        return self._run.record

    @property
    def faults(self) -> list[str]:
        """What the disk did not take, one line each."""
        return self._writer.faults

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        self.end(self._status_after(error))
        ending.show_faults(self.faults, self.record)
        print(f"run directory: {shell_path(self.path)}")
        ending.show_link(self.path, self.record)

    def graph(self, graph: Any) -> None:
        """Show this graph in TensorBoard: a ``tf.Graph``, or a ``GraphDef``, serialized or not.

        Only the first one counts.
        """
        if hasattr(graph, "as_graph_def"):
            graph = graph.as_graph_def(add_shapes=True)
        elif isinstance(graph, bytes):
            graph = GraphDef.FromString(graph)
        self._writer.graph(graph)

    def scalars(self, split: str, step: int, values: Mapping[str, float]) -> None:
        """Add a point to the curve of each metric. split: "train", "validation" or "test".

        Raises ValueError for another split, TypeError for what is not a number.
        """
        self._check(split)
        found = {str(name): float(value) for name, value in values.items()}
        self._writer.scalars(split, int(step), found)
        self._note(split, int(step), found)

    def summary(self, split: str, step: int, summary: Any) -> None:
        """Add a summary: a protocol buffer, or the bytes that a merged summary's
        ``Session.run`` gives.

        Raises ValueError for another split, and for bytes that are no summary.
        """
        self._check(split)
        if isinstance(summary, bytes):
            try:
                summary = Summary.FromString(summary)
            except DecodeError:
                raise ValueError("these bytes are not a serialized summary") from None
        self._writer.summary(split, int(step), summary)
        numbers = (value for value in summary.value if value.HasField("simple_value"))
        self._note(split, int(step), {value.tag: value.simple_value for value in numbers})

    def timing(self, step: int, timing: Any) -> None:
        """Add the time and memory that each node took in one step: a TaggedRunMetadata."""
        self._writer.summary("train", int(step), timing)
        self._note("train", int(step), {})

    def reached(self, step: int) -> None:
        """Note that so many steps are done, where there is no number to record."""
        self._note(self.record.watched, int(step), {})

    def predictions(self, predicted: Any, labels: Any) -> None:
        """Keep the predicted and the true class of every test example, for verdicts.

        predicted, labels: integers [examples] each. Raises ValueError for other arrays.
        """
        classes, targets = np.asarray(predicted), np.asarray(labels)
        if classes.ndim != 1 or classes.shape != targets.shape or not classes.size:
            raise ValueError(
                f"predictions {classes.shape} and labels {targets.shape} must be one class for "
                "each example: [examples] both"
            )
        if classes.dtype.kind not in "iub" or targets.dtype.kind not in "iub":
            raise ValueError(
                f"classes must be integers, not {classes.dtype} and {targets.dtype}; take the "
                "argmax of probabilities or one-hot labels"
            )
        self._writer.save_predictions(classes.astype(np.int64), targets.astype(np.int64))

    def end(self, status: Status) -> None:
        """End the run; called a second time, it does nothing."""
        if self._ended:
            return
        self._ended = True
        self.record.versions = versions(others=True)
        seconds = Seconds(time.monotonic() - self._began)
        finite = {tag: value for tag, value in self._final.items() if math.isfinite(value)}
        self._writer.close(status, self.record.step, finite, seconds)

    def _status_after(self, error: BaseException | None) -> Status:
        if isinstance(error, KeyboardInterrupt):
            return Status.INTERRUPTED
        if error is not None and not (isinstance(error, SystemExit) and not error.code):
            return Status.FAILED
        losses = [value for tag, value in self._final.items() if tag.endswith("/loss")]
        return Status.COMPLETED if all(map(math.isfinite, losses)) else Status.DIVERGED

    def _check(self, split: str) -> None:
        if split not in _SPLITS:
            raise ValueError(f"{split!r} is not a split; give one of {', '.join(_SPLITS)}")
        if self._ended:
            raise ValueError(f"the run {self.path} has ended")

    def _note(self, split: str, step: int, values: Mapping[str, float]) -> None:
        """Keep the latest and the best values; now and then put the curves into their files."""
        for name in values:
            self.record.lower_is_better.setdefault(name, None)
        if split == self.record.watched:
            self._writer.note_best(split, step, values)
        self._final |= {f"{split}/{name}": value for name, value in values.items()}
        self.record.step = max(self.record.step, step)
        now = time.monotonic()
        if now - self._flushed >= _SECONDS_TO_WAIT:
            durable = now - self._durable >= _SECONDS_TO_LOSE
            self._writer.flush(durable)
            self._flushed = now
            if durable:
                self._writer.save_record()
                self._durable = now


def _check_setting(name: str, value: object) -> None:
    items = value if isinstance(value, (list, tuple)) else [value]
    if not all(item is None or isinstance(item, (bool, int, float, str)) for item in items):
        raise UsageError(
            f"the setting {name!r} is {type(value).__name__}; give a number, text, a boolean, or a "
            "list of these"
        )


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
