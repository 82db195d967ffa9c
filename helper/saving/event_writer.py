"""Write TensorBoard event files, and notice when they do not reach the disk.

``tf.summary.FileWriter`` loses data silently when its directory is removed, when the disk is full,
and when two writers start in the same second. This writer checks the file after each flush.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from tensorboard.plugins.text.summary_v2 import text_pb

from helper.errors import reason
from helper.files import sync
from helper.runs import event_files
from helper.runs.tfrecords import OVERHEAD
from helper.saving import png
from helper.tensorflow_v1 import tf

_MOST_FILES = 10  # that one writer begins, where the disk fills up again and again
_ROOM = 1 << 20  # bytes that must be free before a new file is begun
_BUCKETS = 30  # of a histogram: as many as in TensorBoard's own summaries


class EventWriter:
    """Event files in one directory, one after the other. Tags are written unchanged.

    A fault of the file system raises nothing. What cannot be written is lost until there is room
    for a new file again; the old one may end in half an event.
    fault: what went wrong first, or None. lost: how many of the values given to the writer did not
    reach a file.
    """

    def __init__(
        self,
        directory: Path,
        resumed_at: int | None = None,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        """resumed_at: the last step whose points in older files count; readers drop later points.

        check: raises OSError if the directory must not be written to.
        """
        self.lost = 0
        self.fault: str | None = None
        self._directory, self._check = directory, check
        self._pending = 0
        self._wall_time = 0.0
        self._path = directory
        self._files_left = _MOST_FILES
        self._writing = False
        self._begin_file(resumed_at)

    def _begin_file(self, resumed_at: int | None = None) -> None:
        self._files_left -= 1
        self._writing, self._bytes = True, 0
        with self._noting_faults():
            self._check()
            self._directory.mkdir(exist_ok=True)
            self._path = event_files.next_path(self._directory)
            self._writer = tf.io.TFRecordWriter(str(self._path))
            self._write(tf.Event(wall_time=self._now(), file_version="brain.Event:2"))
            if resumed_at is not None:
                restart = tf.SessionLog(status=tf.SessionLog.START)
                self._write(
                    tf.Event(wall_time=self._now(), step=resumed_at + 1, session_log=restart)
                )
            self._writer.flush()
            self._inode = self._path.stat().st_ino

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Add one number for each tag."""
        summary = tf.Summary()
        for tag, value in values.items():
            summary.value.add(tag=tag, simple_value=value)
        self.summary(step, summary)

    def images(self, step: int, values: Mapping[str, np.ndarray]) -> None:
        """Add one picture for each tag: uint8 [height, width] or [height, width, 3] (RGB).

        Raises ValueError for any other array.
        """
        summary = tf.Summary()
        for tag, pixels in values.items():
            summary.MergeFrom(image_summary(tag, pixels))
        self.summary(step, summary)

    def histograms(self, step: int, values: Mapping[str, np.ndarray]) -> None:
        """Add the distribution of an array's values for each tag: real numbers, any shape.

        NaN and infinity are left out, and so is an array that holds nothing else.
        """
        summary = tf.Summary()
        for tag, array in values.items():
            summary.MergeFrom(histogram_summary(tag, array))
        self.summary(step, summary)

    def text(self, step: int, values: Mapping[str, str]) -> None:
        """Add one text in Markdown for each tag."""
        for tag, markdown in values.items():
            self.summary(step, text_pb(tag, markdown))

    def summary(self, step: int, summary: Any) -> None:
        """Add a summary: TensorFlow's protocol buffer or TensorBoard's copy of it."""
        if not isinstance(summary, tf.Summary):
            summary = tf.Summary.FromString(summary.SerializeToString())
        self._pending += len(summary.value)
        self._write(tf.Event(wall_time=self._now(), step=step, summary=summary))

    def graph(self, graph_def: Any) -> None:
        """Add the graph (a GraphDef) that TensorBoard shows for this directory."""
        self._pending += 1
        self._write(tf.Event(wall_time=self._now(), graph_def=graph_def.SerializeToString()))

    def run_metadata(self, step: int, timing: Any) -> None:
        """Add the timing of a ``Session.run`` (TaggedRunMetadata), for the graph of this
        directory."""
        self._pending += 1
        self._write(tf.Event(wall_time=self._now(), step=step, tagged_run_metadata=timing))

    def flush(self, durable: bool = True) -> None:
        """Pass everything to the operating system, and check that it is in the file.

        durable: wait until it is on the disk, safe from a crash of the machine.
        """
        if self._writing:
            with self._noting_faults():
                self._flush_and_check(durable)
        if not self._writing:
            self.lost += self._pending
            if self._files_left and self._has_room():
                self._begin_file()
        self._pending = 0

    def close(self) -> None:
        """Flush and close."""
        self._files_left = 0
        self.flush()
        if self._writing:
            with self._noting_faults():
                self._writer.close()

    def _now(self) -> float:
        """Seconds since 1970, never decreasing, even if the clock is set back."""
        self._wall_time = max(self._wall_time, time.time())
        return self._wall_time

    def _write(self, event: Any) -> None:
        if not self._writing:
            return
        payload = event.SerializeToString()
        self._bytes += len(payload) + OVERHEAD
        with self._noting_faults():
            self._writer.write(payload)

    def _flush_and_check(self, durable: bool) -> None:
        self._writer.flush()
        if durable:
            sync(self._path)
            sync(self._path.parent)
        found = self._path.stat()
        if found.st_ino != self._inode:
            self._note(f"{self._path} was replaced")
        elif found.st_size < self._bytes:
            self._note(f"{self._path} is shorter than what was written")

    def _has_room(self) -> bool:
        """Whether a new file would not fail at once, so that a full disk is not tried for ever."""
        try:
            self._check()
            found = os.statvfs(self._directory)
        except OSError:
            return False
        return found.f_bavail * found.f_frsize >= _ROOM

    def _note(self, fault: str) -> None:
        """Stop writing, and keep the first fault."""
        self._writing = False
        self.fault = self.fault or fault

    @contextlib.contextmanager
    def _noting_faults(self) -> Iterator[None]:
        """Record a fault of the file system and let the training continue."""
        try:
            yield
        except (FileNotFoundError, tf.errors.NotFoundError):
            self._note(f"{self._path} was removed")
        except (OSError, tf.errors.OpError) as error:
            self._note(f"{self._path}: {reason(error)}")


def tagged_run_metadata() -> Any:
    """The class of messages with the timing of a ``Session.run``, which has no name in ``tf``."""
    return type(tf.Event().tagged_run_metadata)


def image_summary(tag: str, pixels: np.ndarray) -> Any:
    """A summary of one picture: uint8 [height, width] or [height, width, 3] (RGB).

    Raises ValueError for any other array.
    """
    summary = tf.Summary()
    image = summary.value.add(tag=tag).image
    image.encoded_image_string = png.encode(pixels)
    image.height, image.width = pixels.shape[:2]
    image.colorspace = 1 if pixels.ndim == 2 else 3
    return summary


def histogram_summary(tag: str, array: np.ndarray) -> Any:
    """A summary of the distribution of an array's values: real numbers, any shape.

    NaN and infinity are left out; a summary of an array that holds nothing else is empty.
    """
    summary = tf.Summary()
    numbers = np.asarray(array, np.float64).ravel()
    numbers = numbers[np.isfinite(numbers)]
    if numbers.size:
        summary.value.add(tag=tag, histo=_histogram(numbers))
    return summary


def _histogram(numbers: np.ndarray) -> Any:
    """A HistogramProto with buckets of equal width, as TensorBoard's own histograms have.

    numbers: float64 [n], finite, n > 0.
    """
    limits = np.linspace(numbers.min(), numbers.max(), _BUCKETS + 1)[1:]
    # A bucket ends just below its limit, except the last, which holds the largest number.
    # np.histogram raises an error if the numbers are too close together for this many buckets.
    bucket = np.searchsorted(limits[:-1], numbers, side="right")
    return tf.HistogramProto(
        min=numbers.min(),
        max=numbers.max(),
        num=numbers.size,
        sum=numbers.sum(),
        sum_squares=np.dot(numbers, numbers),
        bucket_limit=limits,
        bucket=np.bincount(bucket, minlength=_BUCKETS),
    )
