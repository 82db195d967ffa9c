"""What a worker needs to know of a task: the sweep's side of an order."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

from helper.files import PARTIAL, PROJECT_ROOT
from helper.runs import directory
from helper.sweeping.cluster import agreement
from helper.sweeping.cluster.orders import Order, Place, Source
from helper.sweeping.workers import Task


def order(
    task: Task, sweep: str, topic: str, place: Place, shared: bool, content: bytes | None
) -> Order:
    """The order for a task. content: the archive of the run that it resumes, if the log directory
    is not shared."""
    return Order(
        key=f"{task.script.stem}-{uuid.uuid4().hex}",
        topic=topic,
        sweep=sweep,
        place=place,
        arguments=tuple(
            word for word in task.arguments if not word.startswith(("--logdir=", "--resume="))
        ),
        logdir=str(task.logdir.absolute()) if shared else None,
        newest=_newest(task.logdir / task.script.stem) if shared else 0,
        resumed=str(task.resumed.path.absolute()) if task.resumed else "",
        archive=content,
    )


def source(task: Task) -> Source:
    """The data of a task; where it resumes a run, that of the run. Raises LabError."""
    if task.resumed is None or task.resumed.record is None:
        return agreement.source(task.arguments)
    flags = task.resumed.record.flags
    return Source(str(flags.get("dataset") or "mnist"), str(flags.get("data_dir") or ""))


@contextlib.contextmanager
def token(script: Path, logdir: Path) -> Iterator[Place]:
    """A file in the log directory by which a worker can tell whether it sees it."""
    secret = secrets.token_hex()
    top = logdir.absolute()
    top.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=top, prefix=PARTIAL) as file:
        os.chmod(file.name, 0o644)  # a worker may be another user
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
        # A worker that can lock it as well shares the files, but not their locks.
        fcntl.flock(file, fcntl.LOCK_EX)
        yield Place(_portable(script), _portable(Path()), file.name, secret)


def _portable(path: Path) -> str:
    """A path from the project's directory, if it is in it: workers may have it elsewhere."""
    whole = path.resolve()
    return str(whole.relative_to(PROJECT_ROOT) if whole.is_relative_to(PROJECT_ROOT) else whole)


def _newest(runs: Path) -> int:
    try:
        return directory.newest(runs)
    except OSError:
        return 0
