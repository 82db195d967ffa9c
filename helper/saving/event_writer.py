"""Write TensorBoard event files, and notice when they do not arrive on the disk.

``tf.summary.FileWriter`` loses data without a word: when its directory is removed, when the disk is
full, when two writers start in the same second. This writer looks at the file after each flush.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from helper.errors import reason
from helper.files import sync
from helper.runs import tfrecords as records
from helper.tensorflow_v1 import tf

_file_numbers = itertools.count()


class EventWriter:
    """One event file in one directory. After a fault it keeps count of what is lost.

    lost: the values that were given to the writer and are not in the file.
    fault: what went wrong, or None.
    """

    def __init__(
        self,
        directory: Path,
        resumed_at: int | None = None,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        """resumed_at: the last step whose points in older files count; later ones are dropped.

        check: raises OSError if nothing must be written into the directory.
        """
        name = (
            f"events.out.tfevents.{_next_second(directory):010d}.{socket.gethostname()}"
            f".{os.getpid()}.{next(_file_numbers)}"
        )
        self.lost = 0
        self.fault: str | None = None
        self._pending = 0
        self._bytes = 0
        self._wall_time = 0.0
        self._path = directory / name
        with self._noting_faults():
            check()
            directory.mkdir(exist_ok=True)
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
        """Add one value for each tag. The tags are kept as they are, spaces included."""
        summary = tf.Summary()
        for tag, value in values.items():
            summary.value.add(tag=tag, simple_value=value)
        self.summary(step, summary)

    def summary(self, step: int, summary: Any) -> None:
        """Add a summary, either TensorFlow's protocol buffer or TensorBoard's own copy of it."""
        if not isinstance(summary, tf.Summary):
            summary = tf.Summary.FromString(summary.SerializeToString())
        self._pending += len(summary.value)
        self._write(tf.Event(wall_time=self._now(), step=step, summary=summary))

    def graph(self, graph_def: Any) -> None:
        """Add the graph that TensorBoard shows for this directory."""
        self._pending += 1
        self._write(tf.Event(wall_time=self._now(), graph_def=graph_def.SerializeToString()))

    def flush(self, durable: bool = True) -> None:
        """Hand everything to the operating system and look whether it is in the file.

        durable: wait until it is on the disk, where it is safe from a machine that dies.
        """
        if self.fault is None:
            with self._noting_faults():
                self._flush_and_look(durable)
        if self.fault is not None:
            self.lost += self._pending
        self._pending = 0

    def close(self) -> None:
        """Flush and close."""
        self.flush()
        if self.fault is None:
            with self._noting_faults():
                self._writer.close()

    def _now(self) -> float:
        """Seconds since 1970, never less than before: a clock can be set back."""
        self._wall_time = max(self._wall_time, time.time())
        return self._wall_time

    def _write(self, event: Any) -> None:
        if self.fault is not None:
            return
        payload = event.SerializeToString()
        self._bytes += len(payload) + records.OVERHEAD
        with self._noting_faults():
            self._writer.write(payload)

    def _flush_and_look(self, durable: bool) -> None:
        self._writer.flush()
        if durable:
            sync(self._path)
            sync(self._path.parent)
        found = self._path.stat()
        if found.st_ino != self._inode:
            self.fault = f"{self._path} was replaced"
        elif found.st_size < self._bytes:
            self.fault = f"{self._path} is shorter than what was written"

    @contextlib.contextmanager
    def _noting_faults(self) -> Iterator[None]:
        """Keep the first fault of the file system, and let the training go on."""
        try:
            yield
        except (FileNotFoundError, tf.errors.NotFoundError):
            self.fault = f"{self._path} was removed"
        except (OSError, tf.errors.OpError) as error:
            self.fault = f"{self._path}: {reason(error)}"


def _next_second(directory: Path) -> int:
    """The time in a new file's name: TensorBoard reads files in the order of their names.

    A clock that was set back must not put a new file before the older ones.
    """
    seconds = [
        int(part)
        for path in directory.glob("events.out.tfevents.*")
        if (part := path.name.split(".")[3]).isdigit()
    ]
    return max([int(time.time()), *(second + 1 for second in seconds)])
