"""What the sweep's side and a Dask worker say to each other about a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Source(NamedTuple):
    """The data of a run: the values of ``--dataset`` and ``--data_dir``."""

    dataset: str
    data_dir: str


class Place(NamedTuple):
    """Where a worker finds what paths are relative to, and whether it sees the log directory.

    script: the experiment; directory: the working directory; both below the project if they are
    relative. token: a file in the log directory; secret: what is in it.
    """

    script: str
    directory: str
    token: str
    secret: str


@dataclass(frozen=True)
class Order:
    """A run to train, or to train on.

    key: unique to the order. topic: where its lines are sent. sweep: whose it is.
    arguments: the flags of the experiment, without ``--logdir`` and ``--resume``.
    logdir: absolute; None if the worker does not share it. newest: the highest number of a run of
    the experiment when the order was given.
    resumed: the run to resume, absolute; "" for a new run. archive: its files, if the log directory
    is not shared.
    """

    key: str
    topic: str
    sweep: str
    place: Place
    arguments: tuple[str, ...]
    logdir: str | None
    newest: int
    resumed: str = ""
    archive: bytes | None = None


class Report(NamedTuple):
    """How a run ended on a worker.

    code: the exit code of the run's process. error: the last line that it wrote to standard error.
    run: its directory, if the log directory is shared. archive: its files, if it is not.
    """

    code: int
    error: str
    run: str = ""
    archive: bytes | None = None
