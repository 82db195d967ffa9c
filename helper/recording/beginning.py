"""The record that a run begins with."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from helper.data.datasets import Dataset
from helper.runs import directory
from helper.runs.commit import commit
from helper.runs.record import Data, Record, Value

# Packages by the names of their modules.
_OURS = {name: name for name in ("tensorflow", "numpy", "tensorboard")}
_OTHERS = {"torch": "torch", "jax": "jax", "sklearn": "scikit-learn"}


def beginning(
    experiment: str,
    argv: Sequence[str],
    flags: Mapping[str, Value],
    data: Dataset | None,
    **others: Any,
) -> Record:
    """What is known about a run before its first step. others: the record's further fields."""
    made_with = commit()
    return Record(
        experiment=experiment,
        name="",
        id=uuid.uuid4().hex,
        argv=list(argv),
        flags=dict(flags),
        started=directory.now(),
        versions=versions(),
        commit=made_with.name,
        changed_files=made_with.changed_files,
        data=described(data) if data else None,
        **others,
    )


def versions(others: bool = False) -> dict[str, str]:
    """Of Python, and of the packages that compute and write a run, as far as they are imported.

    others: also of those that a loop of one's own may compute with.
    """
    found = {"python": platform.python_version()}
    for module, package in (_OURS | _OTHERS if others else _OURS).items():
        if module in sys.modules:
            found[package] = importlib.metadata.version(package)
    return found


def described(data: Dataset) -> Data:
    """What a record says of a data set."""
    return Data(
        data.name,
        data.sha256,
        train=len(data.train.labels),
        validation=len(data.validation.labels) if data.validation else 0,
        test=len(data.test.labels),
        image_shape=data.image_shape,
        num_classes=data.num_classes,
    )
