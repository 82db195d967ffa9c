"""Read what a run wrote for TensorBoard, every point of it, without TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.graph_pb2 import GraphDef

from helper.errors import DataError
from helper.runs import event_files
from helper.runs.tfrecords import read_payloads

Report = Callable[[str], None]
_Point = tuple[int, float, float, float]


@dataclass(frozen=True)
class Scalars:
    """One curve: step int64 [n]; wall_time float64 [n], seconds since 1970; seconds float64 [n],
    time since the first launch without the pauses between launches (a later launch counts from
    when it first wrote into the directory); value float64 [n]."""

    step: np.ndarray
    wall_time: np.ndarray
    seconds: np.ndarray
    value: np.ndarray


def raise_error(line: str) -> None:
    """A `report` that accepts no damage. Raises DataError."""
    raise DataError(line)


def read_scalars(directory: Path | str, report: Report = raise_error) -> dict[str, Scalars]:
    """The curve of every scalar tag in one directory's event files, undownsampled.

    A resumed run reads like one that was never interrupted: a launch that starts at step s (its
    SessionLog.START) replaces the earlier points from s on. What is damaged is left out, and
    `report` gets one line about it. Text, images and tensors of several values are not scalars.
    A directory without event files gives {}.
    """
    points: dict[str, list[_Point]] = {}
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


def read_graph(directory: Path | str, report: Report = raise_error) -> GraphDef | None:
    """The last graph in a directory's event files, or None. Damage as in `read_scalars`."""
    graph = None
    for event in _events(Path(directory), report):
        if event.graph_def:
            try:
                graph = GraphDef.FromString(event.graph_def)
            except DecodeError:
                report(f"{directory}: a graph in its event files cannot be read")
    return graph


def read_run_graph(run_directory: Path, report: Report = raise_error) -> GraphDef | None:
    """The graph of a run, or None. It is beside the training curves; runs of earlier versions have
    it in the run directory itself. Damage as in `read_scalars`."""
    graph = read_graph(run_directory / "train", report)
    return read_graph(run_directory, report) if graph is None else graph


def decode(payload: bytes) -> Event | None:
    """The event in a TFRecord's payload, or None if it does not hold one."""
    try:
        return Event.FromString(payload)
    except DecodeError:
        return None


def _events(directory: Path, report: Report) -> Iterator[Event]:
    """Every event whose TFRecord is intact."""
    try:
        paths = event_files.find(directory)
    except OSError as error:
        report(f"{directory}: cannot be read ({error.strerror})")
        return
    for path in paths:
        try:
            for number, payload in enumerate(read_payloads(path, report)):
                event = None if payload is None else decode(payload)
                if event is None:
                    report(f"{path}: TFRecord {number} is damaged and was left out")
                else:
                    yield event
        except OSError as error:
            report(f"{path}: cannot be read ({error.strerror})")


def _number(value: Any) -> float | None:
    """The number in a Summary.Value, whichever way it was written, or None."""
    kind = value.WhichOneof("value")
    if kind == "simple_value":
        return value.simple_value
    if kind != "tensor" or value.metadata.plugin_data.plugin_name not in ("", "scalars"):
        return None
    # Before the array is made: a few bytes can claim a shape that is larger than the memory.
    if any(dimension.size != 1 for dimension in value.tensor.tensor_shape.dim):
        return None
    from tensorboard.util.tensor_util import make_ndarray  # only other programs write tensors

    try:
        array = make_ndarray(value.tensor)
        return float(array.reshape(())) if array.dtype.kind in "fiub" else None
    except (TypeError, ValueError):
        return None


def _scalars(points: list[_Point]) -> Scalars:
    step, wall_time, seconds, value = zip(*points, strict=True)
    return Scalars(
        np.array(step, np.int64),
        np.array(wall_time, np.float64),
        np.array(seconds, np.float64),
        np.array(value, np.float64),
    )
