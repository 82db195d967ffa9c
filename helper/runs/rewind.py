"""Rewind the event files of a run to an earlier step, so that a resumed run logs no point twice.

TensorBoard's two loaders disagree on what a restart means for points that are already logged, so
the points after the checkpoint are removed from the files themselves. No TensorFlow.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event

from helper.files import remove_partial, replace_atomically
from helper.runs import event_files
from helper.runs.events import decode
from helper.runs.tfrecords import OVERHEAD, as_tfrecord, read_payloads

# Written when a run ends, and again when the resumed run ends.
_AT_THE_END = ("final/", "_hparams_/session_end_info")


def rewind(run_directory: Path, kept: Mapping[str, tuple[int, int]]) -> tuple[list[str], int]:
    """Remove what an uninterrupted run would not have logged yet.

    kept: for each subdirectory ("" is the run directory itself) the interval in steps between the
        points of its curves, and the step of the last point to keep. Others lose all points.

    Returns:
        a line for each of these directories whose files lack points because they were damaged or
        removed, and the number of missing values in all.
    Raises OSError if a file cannot be read or replaced.
    """
    gaps, lost = [], 0
    for name in sorted({*kept, *_subdirectories(run_directory)}):
        directory = run_directory / name
        every, last = kept.get(name, (1, -1))
        steps: dict[str, set[int]] = defaultdict(set)
        remove_partial(directory)
        for path in event_files.find(directory):
            for event in _filter(path, last):
                for value in event.summary.value:
                    if value.HasField("simple_value"):
                        steps[value.tag].add(event.step)
        expected = last // every + 1
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


def _filter(path: Path, last_step: int) -> list[Event]:
    """Keep only the intact events up to a step in a file, and return them.

    The file is replaced only if it holds anything else.
    """
    kept = [
        (payload, event)
        for payload in read_payloads(path, lambda _: None)
        if payload is not None
        and (event := decode(payload)) is not None
        and _stays(event, last_step)
    ]
    if sum(len(payload) + OVERHEAD for payload, _ in kept) != path.stat().st_size:
        replace_atomically(path, lambda file: file.writelines(as_tfrecord(p) for p, _ in kept))
    return [event for _, event in kept]


def _stays(event: Event, last_step: int) -> bool:
    if not event.HasField("summary"):
        return True
    if all(value.tag.startswith(_AT_THE_END) for value in event.summary.value):
        return False
    # The settings and the session's start are logged before the first step.
    scalar = any(value.HasField("simple_value") for value in event.summary.value)
    return event.step <= last_step or (event.step == 0 and not scalar)
