"""The files of one checkpoint: write them, read them, and reject any that have changed since.

A checkpoint is a numbered pair of files of ``tf.train.Saver`` and, written last, a JSON file with
their SHA-256 and the state that is not in variables. Without that file the save was interrupted,
and does not count. TensorFlow's own ``checkpoint`` file is neither written nor read.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from helper.errors import reason
from helper.files import write_atomically
from helper.loading import Damaged, converted, load_json
from helper.runs.record import Best, Seconds
from helper.tensorflow_v1 import tf

_MOST_BYTES = 64 << 30
NAME = re.compile(r"(step-\d{10})\.json")


class NotFiniteError(Exception):
    """A variable holds NaN or infinity, so it was not saved."""


@dataclass
class Interval:
    """The unfinished mean of the training curve: a number of steps, and the sum of each metric."""

    count: int = 0
    sums: dict[str, float] = field(default_factory=dict)


@dataclass
class State:
    """What a run must keep besides its variables, to resume as if it had never stopped.

    train_means: the last point of the training curves. best, final: as in the record.
    evaluated_step: the step of the last evaluation.
    """

    interval: Interval = field(default_factory=Interval)
    train_means: dict[str, float] = field(default_factory=dict)
    best: dict[str, Best] = field(default_factory=dict)
    final: dict[str, float] = field(default_factory=dict)
    seconds: Seconds = field(default_factory=Seconds)
    evaluated_step: int = 0


@dataclass(frozen=True)
class Checkpoint:
    """One good save.

    prefix: its path for ``tf.train.Saver``. step: steps done. score: chooses the best, higher is
    better; None if there was no evaluation at this step.
    """

    prefix: Path
    step: int
    score: float | None
    state: State


@dataclass(frozen=True)
class _Contents:
    """The contents of a checkpoint's JSON file."""

    run: str
    step: int
    score: float | None
    sha256: dict[str, str]
    state: State


def find_all(directory: Path) -> list[Path]:
    """The prefixes of all checkpoints that were written completely, oldest first."""
    found = (NAME.fullmatch(path.name) for path in directory.glob("step-*.json"))
    return sorted(directory / match[1] for match in found if match)


def json_file(prefix: Path) -> Path:
    return prefix.with_name(f"{prefix.name}.json")


def tensor_files(prefix: Path) -> list[Path]:
    return [prefix.with_name(prefix.name + end) for end in (".index", ".data-00000-of-00001")]


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def write_json(checkpoint: Checkpoint, run_id: str, durable: bool) -> None:
    """Complete a checkpoint whose tensors are already written. Raises OSError."""
    digests = {file.name: _sha256(file) for file in tensor_files(checkpoint.prefix)}
    contents = asdict(
        _Contents(run_id, checkpoint.step, checkpoint.score, digests, checkpoint.state)
    )
    text = json.dumps(contents | {"checksum": _checksum(contents)}, indent=1) + "\n"
    write_atomically(json_file(checkpoint.prefix), text, durable)


def _load_json(prefix: Path) -> _Contents:
    """Raises Damaged."""
    try:
        contents = load_json(json_file(prefix))
        if not isinstance(contents, dict):
            raise Damaged("does not have the expected form")
        checksum = contents.pop("checksum", None)
        if checksum != _checksum(contents):
            raise Damaged("has changed since it was written")
        return converted(contents, _Contents)
    except Damaged as error:
        raise Damaged(f"its .json file {error}") from None


def _checksum(contents: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(contents, sort_keys=True).encode()).hexdigest()


def read_score(prefix: Path) -> float | None:
    """The score of a checkpoint; None if it is damaged or has none."""
    try:
        return _load_json(prefix).score
    except Damaged:
        return None


def is_good(prefix: Path, run_id: str) -> bool:
    """Whether ``read`` would return it."""
    try:
        read(prefix, run_id)
    except Damaged:
        return False
    return True


def read(prefix: Path, run_id: str) -> Checkpoint:
    """The checkpoint of this run at a prefix, its files compared with their checksums.

    Raises Damaged.
    """
    contents = _load_json(prefix)
    if contents.run != run_id:
        raise Damaged("it belongs to another run")
    if f"step-{contents.step:010d}" != prefix.name:
        raise Damaged(f"it was made at step {contents.step}")
    for file in tensor_files(prefix):
        if not file.is_file():
            raise Damaged(f"{file.name} is missing")
        try:
            # A file with holes can be larger than the disk, and would take days to read.
            if file.stat().st_size > _MOST_BYTES:
                raise Damaged(f"{file.name} is larger than {_MOST_BYTES >> 30} GiB")
            digest = _sha256(file)
        except OSError as error:
            raise Damaged(f"{file.name} cannot be read: {reason(error)}") from None
        if digest != contents.sha256.get(file.name):
            raise Damaged(f"{file.name} has changed since it was written")
    return Checkpoint(prefix, contents.step, contents.score, contents.state)


def check_tensors(prefix: Path, shapes: Mapping[str, tuple[Any, Any]]) -> None:
    """Read and check every tensor. ``Saver.restore`` alone silently accepts a wrong shape."""
    try:
        reader = tf.train.load_checkpoint(str(prefix))
        stored = reader.get_variable_to_shape_map()
        dtypes = reader.get_variable_to_dtype_map()
        for name, (shape, dtype) in shapes.items():
            if name not in stored:
                raise Damaged(f"variable {name} is missing")
            if stored[name] != shape or dtypes[name].as_numpy_dtype != dtype:
                found = f"{dtypes[name].name} {stored[name]}"
                raise Damaged(f"variable {name} is {found}, not {shape}")
            value = reader.get_tensor(name)
            if np.issubdtype(value.dtype, np.floating) and not np.isfinite(value).all():
                raise NotFiniteError(f"variable {name} is not finite")
    except (tf.errors.OpError, ValueError, IndexError) as error:
        raise Damaged(reason(error)) from None


def remove(prefix: Path) -> None:
    """Remove a checkpoint, the .json first: without it the other files do not count as one."""
    for path in (json_file(prefix), *tensor_files(prefix)):
        with contextlib.suppress(OSError):
            path.unlink()
