"""Event files and run directories made by hand, with known values, for tests of what reads them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.summary.writer.record_writer import RecordWriter

SECOND = 1_700_000_000  # wall time of the first event
SHA256 = "ab" * 32


def scalar(step: int, values: dict[str, float], wall_time: float | None = None) -> Event:
    event = Event(step=step, wall_time=SECOND + step if wall_time is None else wall_time)
    for tag, value in values.items():
        event.summary.value.add(tag=tag, simple_value=value)
    return event


def start(step: int, wall_time: float = SECOND) -> Event:
    return Event(step=step, wall_time=wall_time, session_log=SessionLog(status=SessionLog.START))


def graph(**nodes: str) -> Event:
    """An event with a graph of one node per keyword: name=op."""
    definition = GraphDef()
    for name, op in nodes.items():
        definition.node.add(name=name, op=op)
    return Event(wall_time=SECOND, graph_def=definition.SerializeToString())


def write_events(directory: Path, *events: Event, second: int = SECOND) -> Path:
    """One event file whose name says that it was begun at `second`."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"events.out.tfevents.{second}.host.1.0"
    with open(path, "wb") as file:
        writer = RecordWriter(file)
        writer.write(Event(wall_time=SECOND, file_version="brain.Event:2").SerializeToString())
        for event in events:
            writer.write(event.SerializeToString())
    return path


def make_run(
    directory: Path,
    accuracy: float | None = 0.9,
    curve: dict[int, float] | None = None,
    predicted: np.ndarray | None = None,
    label: np.ndarray | None = None,
    sha256: str = SHA256,
    status: str = "completed",
    **flags,
) -> Path:
    """A finished run as the project leaves it, `curve` (step: accuracy) in its test directory."""
    directory.mkdir(parents=True)
    settings = {"steps": 100, "learning_rate": 0.1, "seed": 0, "logdir": "logs", **flags}
    best = None if accuracy is None else {"test/accuracy": {"value": accuracy, "step": 90}}
    record = {
        "format": 1,
        "experiment": directory.parent.name,
        "name": directory.name,
        "status": status,
        "argv": ["experiments/x.py"],
        "flags": settings,
        "seed": settings["seed"],
        "started": "2026-01-01T00:00:00Z",
        "ended": "2026-01-01T00:01:00Z",
        "step": settings["steps"],
        "steps": settings["steps"],
        "seconds": 50.0,
        "steps_per_second": 2.0,
        "versions": {"python": "3.12.0", "tensorflow": "2.21.0"},
        "commit": None,
        "data": {"name": "mnist", "sha256": sha256, "train": 60000, "test": 10000},
        "parameters": {"readout/weight": [784, 10], "readout/bias": [10]},
        "parameter_count": 7850,
        "final": {} if accuracy is None else {"test/accuracy": accuracy},
        "best": best or {},
        "summaries_lost": 0,
    }
    (directory / "run.json").write_text(json.dumps(record))
    (directory / "flags.txt").write_text("".join(f"--{k}={v}\n" for k, v in settings.items()))
    (directory / "lock").touch()
    write_events(directory, graph(input="Placeholder", logits="MatMul"))
    if curve:
        write_events(
            directory / "test",
            start(0),
            *(scalar(step, {"accuracy": value}) for step, value in curve.items()),
        )
    if predicted is not None:
        np.savez(directory / "predictions.npz", predicted=predicted, label=label)
    return directory
