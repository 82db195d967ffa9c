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
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.text.summary_v2 import text_pb

from helper.errors import reason
from helper.files import sync
from helper.recording.summaries import histogram_summary, image_summary
from helper.runs import event_files
from helper.runs.tfrecords import as_tfrecord

_MOST_FILES = 10  # that one writer begins, where the disk fills up again and again
_ROOM = 1 << 20  # bytes that must be free before a new file is begun


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
        self._file: Any = None
        self._begin_file(resumed_at)

    def _begin_file(self, resumed_at: int | None = None) -> None:
        self._files_left -= 1
        self._writing, self._bytes = True, 0
        with self._noting_faults():
            self._check()
            self._directory.mkdir(exist_ok=True)
            self._path = event_files.next_path(self._directory)
            self._file = open(self._path, "xb", buffering=0)  # noqa: SIM115 - until it is closed
            self._write(Event(wall_time=self._now(), file_version="brain.Event:2"))
            if resumed_at is not None:
                restart = SessionLog(status=SessionLog.START)
                self._write(Event(wall_time=self._now(), step=resumed_at + 1, session_log=restart))
            self._inode = self._path.stat().st_ino

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Add one number for each tag."""
        summary = Summary()
        for tag, value in values.items():
            summary.value.add(tag=tag, simple_value=value)
        self.summary(step, summary)

    def images(self, step: int, values: Mapping[str, np.ndarray]) -> None:
        """Add one picture for each tag: uint8 [height, width] or [height, width, 3] (RGB).

        Raises ValueError for any other array.
        """
        summary = Summary()
        for tag, pixels in values.items():
            summary.MergeFrom(image_summary(tag, pixels))
        self.summary(step, summary)

    def histograms(self, step: int, values: Mapping[str, np.ndarray]) -> None:
        """Add the distribution of an array's values for each tag: real numbers, any shape.

        NaN and infinity are left out, and so is an array that holds nothing else.
        """
        summary = Summary()
        for tag, array in values.items():
            summary.MergeFrom(histogram_summary(tag, array))
        self.summary(step, summary)

    def text(self, step: int, values: Mapping[str, str]) -> None:
        """Add one text in Markdown for each tag."""
        for tag, markdown in values.items():
            self.summary(step, text_pb(tag, markdown))

    def summary(self, step: int, summary: Any) -> None:
        """Add a summary: TensorFlow's protocol buffer or TensorBoard's copy of it, which are equal
        when serialized."""
        if not isinstance(summary, Summary):
            summary = Summary.FromString(summary.SerializeToString())
        self._pending += len(summary.value)
        self._write(Event(wall_time=self._now(), step=step, summary=summary))

    def graph(self, graph_def: Any) -> None:
        """Add the graph (a GraphDef) that TensorBoard shows for this directory."""
        self._pending += 1
        self._write(Event(wall_time=self._now(), graph_def=graph_def.SerializeToString()))

    def run_metadata(self, step: int, timing: Any) -> None:
        """Add the timing of a ``Session.run`` (TaggedRunMetadata), for the graph of this
        directory."""
        self._pending += 1
        self._write(Event(wall_time=self._now(), step=step, tagged_run_metadata=timing))

    def flush(self, durable: bool = True) -> None:
        """Check that everything is in the file.

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
                self._file.close()

    def _now(self) -> float:
        """Seconds since 1970, never decreasing, even if the clock is set back."""
        self._wall_time = max(self._wall_time, time.time())
        return self._wall_time

    def _write(self, event: Any) -> None:
        if not self._writing:
            return
        rest = memoryview(as_tfrecord(event.SerializeToString()))
        self._bytes += len(rest)
        with self._noting_faults():
            while rest:  # where the disk fills up, the first part of it may be written
                rest = rest[self._file.write(rest) :]

    def _flush_and_check(self, durable: bool) -> None:
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
        if self._file:
            with contextlib.suppress(OSError):
                self._file.close()

    @contextlib.contextmanager
    def _noting_faults(self) -> Iterator[None]:
        """Record a fault of the file system and let the training continue."""
        try:
            yield
        except FileNotFoundError:
            self._note(f"{self._path} was removed")
        except OSError as error:
            self._note(f"{self._path}: {reason(error)}")
