"""Take the event files of a run back to an earlier step, so that a resumed run logs no point twice.

TensorBoard's two loaders do not agree on what a restart means for points that were already logged,
so the points after the checkpoint are taken out of the files themselves.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event

from helper.records import read_records
from helper.tensorflow_v1 import tf

# Written when a run ends, and again when the resumed run does.
_AT_THE_END = ("final/", "_hparams_/session_end_info")


def rewind(run_directory: Path, step: int, log_every: int, eval_every: int) -> None:
    """Drop what an uninterrupted run would not have logged after the given number of steps.

    A run that ended between two intervals has logged a last, shorter one; it goes as well.
    Raises OSError, or a ``tf.errors.OpError``, where a file cannot be replaced.
    """
    for directory in (run_directory, *(path for path in run_directory.iterdir() if path.is_dir())):
        every = log_every if directory.name == "train" else eval_every
        last = step // every * every if step else -1
        for path in directory.glob("events.out.tfevents.*"):
            _filter(path, last)


def _filter(path: Path, last_step: int) -> None:
    """Keep the intact events up to a step; leave the file alone if that is all of them."""
    notes: list[str] = []
    payloads = [record.payload for record in read_records(path, notes.append) if record.intact]
    kept = [p for p in (_kept_part(payload, last_step) for payload in payloads) if p]
    if kept == payloads and sum(len(p) + 16 for p in kept) == path.stat().st_size:
        return
    temporary = path.with_name(f".{path.name}")
    try:
        with tf.io.TFRecordWriter(str(temporary)) as writer:
            for payload in kept:
                writer.write(payload)
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def _kept_part(payload: bytes, last_step: int) -> bytes | None:
    event = Event.FromString(payload)
    if not event.HasField("summary"):
        return payload
    values = [v for v in event.summary.value if not v.tag.startswith(_AT_THE_END)]
    # The settings and the session's start are logged before the first step.
    scalar = any(value.HasField("simple_value") for value in values)
    if not values or (event.step > last_step and (scalar or event.step > 0)):
        return None
    return payload
