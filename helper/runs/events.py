"""Read what a run wrote for TensorBoard, every point of it, without TensorFlow."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from google.protobuf.message import DecodeError
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.graph_pb2 import GraphDef

from helper.errors import DataError
from helper.runs.tfrecords import SHORT, read_records

Report = Callable[[str], None]


@dataclass(frozen=True)
class Scalars:
    """One curve: step int64 [n]; wall_time float64 [n], seconds since 1970; seconds float64 [n],
    time since the first launch without the pauses between launches (a later launch counts from
    when it first wrote into the directory); value float64 [n]."""

    step: np.ndarray
    wall_time: np.ndarray
    seconds: np.ndarray
    value: np.ndarray


def read_scalars(directory: Path | str, report: Report | None = None) -> dict[str, Scalars]:
    """The curve of every scalar tag in one directory's event files, undownsampled.

    A resumed run reads like one that was never interrupted: a launch that starts at step s (its
    SessionLog.START) replaces the earlier points from s on. A damaged record is left out and told
    to `report` in one line; without a `report`, it raises DataError. Text, images and other
    tensors are no scalars. A directory without event files gives {}.
    """
    points: dict[str, list[tuple[int, float, float, float]]] = {}
    origin: float | None = None  # the wall time at which `seconds` is zero
    for event in _events(Path(directory), report):
        if origin is None:
            origin = event.wall_time
        if event.session_log.status == SessionLog.START:
            for tag, curve in points.items():
                points[tag] = [point for point in curve if point[0] < event.step]
            trained = max((curve[-1][2] for curve in points.values() if curve), default=0.0)
            origin = event.wall_time - trained
        for value in event.summary.value:
            number = _number(value)
            if number is not None:
                seconds = event.wall_time - origin
                points.setdefault(value.tag, []).append(
                    (event.step, event.wall_time, seconds, number)
                )
    return {tag: _scalars(curve) for tag, curve in points.items() if curve}


def read_graph(directory: Path | str, report: Report | None = None) -> GraphDef | None:
    """The last graph written into a directory, or None. Damage is told as by `read_scalars`."""
    graph = None
    for event in _events(Path(directory), report):
        if event.graph_def:
            try:
                graph = GraphDef.FromString(event.graph_def)
            except DecodeError:
                _tell(report, f"{directory}: holds a graph that cannot be read")
    return graph


def event_files(directory: Path) -> list[Path]:
    """The event files directly in a directory, in the order in which they were begun."""

    def begun(path: Path) -> tuple[int, list[int | str]]:
        # events.out.tfevents.<seconds>.<host>.<pid>.<n>: numbers compare as numbers.
        parts = re.split(r"(\d+)", path.name.partition("tfevents.")[2])
        return int(parts[1]) if len(parts) > 1 else 0, [
            int(part) if i % 2 else part for i, part in enumerate(parts)
        ]

    return sorted((p for p in directory.glob("*tfevents*") if p.is_file()), key=begun)


def _events(directory: Path, report: Report | None) -> Iterator[Event]:
    """Every intact event; a record is checked before anything in it is believed."""
    for path in event_files(directory):
        try:
            for number, record in enumerate(read_records(path, lambda line: _tell(report, line))):
                # A long record's checksum takes time: it matters only if something is read from it.
                try:
                    event = Event.FromString(record.payload)
                except DecodeError:
                    event = None
                if event is None or (
                    (len(record.payload) <= SHORT or _matters(event)) and not record.intact
                ):
                    _tell(report, f"{path}: record {number} is damaged and was left out")
                else:
                    yield event
        except OSError as error:
            _tell(report, f"{path}: cannot be read ({error.strerror})")


def _matters(event: Event) -> bool:
    """Whether a reader takes something from the event; images and histograms it passes over."""
    what = event.WhichOneof("what")
    if what != "summary":
        return what is not None
    return any(
        value.WhichOneof("value") in ("simple_value", "tensor") for value in event.summary.value
    )


def _number(value) -> float | None:
    """The number in a Summary.Value, whichever way it was written, or None."""
    kind = value.WhichOneof("value")
    if kind == "simple_value":
        return value.simple_value
    if kind != "tensor" or value.metadata.plugin_data.plugin_name not in ("", "scalars"):
        return None
    from tensorboard.util.tensor_util import make_ndarray  # only other programs write tensors

    try:
        array = make_ndarray(value.tensor)
        return float(array.reshape(())) if array.dtype.kind in "fiub" else None
    except (TypeError, ValueError):
        return None


def _scalars(points: list[tuple[int, float, float, float]]) -> Scalars:
    step, wall_time, seconds, value = zip(*points, strict=True)
    return Scalars(
        np.array(step, np.int64),
        np.array(wall_time, np.float64),
        np.array(seconds, np.float64),
        np.array(value, np.float64),
    )


def _tell(report: Report | None, line: str) -> None:
    if report is None:
        raise DataError(line)
    report(line)
