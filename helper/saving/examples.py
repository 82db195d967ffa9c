"""The examples that a run was trained and tested with, for its network to answer. No TensorFlow."""

from __future__ import annotations

import argparse
from pathlib import Path

from helper.data import datasets
from helper.data.datasets import Dataset
from helper.errors import LabError, UsageError
from helper.runs import listing, naming, network_names
from helper.runs.listing import ListedRun


def add_flags(parser: argparse.ArgumentParser) -> None:
    """The flags by which a program finds a run's network and its data."""
    add = parser.add_argument
    add("run", metavar="RUN", help=naming.FORMS)
    add("--best", action="store_true", help="the best checkpoint, not the last")
    add("--logdir", default="logs", metavar="DIR", help="where runs are (default: logs)")
    add("--data_dir", metavar="DIR", help="where the run's data is now, if it was moved")


def readable_run(name: str, logdir: Path) -> ListedRun:
    """The run of this name (see ``naming``), with a record that says what its data is.

    Raises UsageError, and LabError for a run without checkpoints.
    """
    found = listing.one(name, logdir)
    network_names.check_origin(found)
    if found.record is None or found.record.data is None:
        raise UsageError(f"{found.name} is not a run that can be read ({found.status})")
    return found


def load(run: ListedRun, data_dir: str | None) -> Dataset:
    """The data of a run; without those that it held out for validation in ``train``.

    data_dir: where the data is now, or None for where it was.
    Raises LabError if the data is not there, or is not what the run was trained with.
    """
    setting = run.flags.get
    where = data_dir or str(setting("data_dir") or "")
    data = datasets.load(str(setting("dataset") or "mnist"), where)
    if data.sha256 != run.data_sha256:
        raise LabError(f"{data.name} is not the data that {run.name} was trained with")
    share = setting("validation_split")
    if isinstance(share, float) and 0 < share < 1:
        data = datasets.hold_out(data, share)
    return data
