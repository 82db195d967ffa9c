"""Rewind the event files of a run to an earlier step, so that a resumed run logs no point twice.

TensorBoard's two loaders disagree on what a restart means for points that are already logged, so
the points after the checkpoint are removed from the files themselves. No TensorFlow.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from tensorboard.compat.proto.event_pb2 import Event

from helper.files import remove_partial, replace_atomically
from helper.runs import event_files
from helper.runs.events import decode
from helper.runs.record import RESULTS
from helper.runs.tfrecords import OVERHEAD, as_tfrecord, read_payloads

# What a resumed run writes again: its settings when it begins, its results when it ends.
_WRITTEN_AGAIN = re.compile(rf"run$|_hparams_/|{RESULTS}|final/")


class Kept(NamedTuple):
    """The curves of one directory after rewinding: their number of points, the step of the last."""

    points: int
    last_step: int


def rewind(
    run_directory: Path, step: int, kept: Mapping[str, Kept], metrics: Collection[str]
) -> tuple[list[str], int]:
    """Remove what an uninterrupted run would not have logged yet.

    step: steps done. kept: what stays, for each subdirectory; the others lose all points.
    metrics: the tags of the curves that have all these points.

    Returns:
        a line for each of these directories whose files lack points because they were damaged or
        removed, and the number of missing values in all.
    Raises OSError if a file cannot be read or replaced.
    """
    gaps, lost = [], 0
    for name in sorted({*kept, *_subdirectories(run_directory)}):
        directory = run_directory / name
        expected, last = kept.get(name, Kept(0, -1))
        steps: dict[str, set[int]] = defaultdict(set)
        remove_partial(directory)
        for path in event_files.find(directory):
            for event in _filter(path, step, last):
                for value in event.summary.value:
                    if value.tag in metrics and value.HasField("simple_value"):
                        steps[value.tag].add(event.step)
        lacking = sum(expected - len(found) for found in steps.values()) if steps else expected
        if lacking:
            gaps.append(f"the curves in {directory} lack {lacking:,} values: files are damaged")
            lost += lacking
    return gaps, lost


def clear(run_directory: Path) -> None:
    """Remove all event files of a run that starts again from step 0. Raises OSError."""
    for name in ("", *_subdirectories(run_directory)):
        remove_partial(run_directory / name)
        for path in event_files.find(run_directory / name):
            path.unlink()


def _subdirectories(run_directory: Path) -> list[str]:
    return [path.name for path in run_directory.iterdir() if path.is_dir()]


def _filter(path: Path, step: int, last_point: int) -> list[Event]:
    """Keep only the intact events in a file up to these steps, and return them.

    The file is replaced only if it holds anything else.
    """
    kept = [
        (payload, event)
        for payload in read_payloads(path, lambda _: None)
        if payload is not None
        and (event := decode(payload)) is not None
        and _stays(event, step, last_point)
    ]
    if sum(len(payload) + OVERHEAD for payload, _ in kept) != path.stat().st_size:
        replace_atomically(path, lambda file: file.writelines(as_tfrecord(p) for p, _ in kept))
    return [event for _, event in kept]


def _stays(event: Event, step: int, last_point: int) -> bool:
    if event.HasField("tagged_run_metadata"):
        return event.step <= step
    if not event.HasField("summary"):
        return True
    if all(_WRITTEN_AGAIN.match(value.tag) for value in event.summary.value):
        return False
    return event.step <= last_point
