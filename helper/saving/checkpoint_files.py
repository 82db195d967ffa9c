"""The files of one checkpoint: written, read back, and refused where they are not what was written.

A checkpoint is a numbered pair of files of ``tf.train.Saver`` and, written last, a JSON file with
their SHA-256 and the state that is not in variables. Without that file a save was cut short.
TensorFlow's own ``checkpoint`` file is neither written nor read.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from helper.errors import reason
from helper.files import write_atomically
from helper.tensorflow_v1 import tf

NAME = re.compile(r"(step-\d{10})\.json")


class NotFiniteError(Exception):
    """A variable holds NaN or infinity; it was not saved."""


@dataclass(frozen=True)
class Checkpoint:
    """One good save.

    prefix: what ``tf.train.Saver`` calls it. step: steps done. score: what the best is chosen by,
    None where no evaluation was made at this step. state: what the trainer gave.
    """

    prefix: Path
    step: int
    score: float | None
    state: dict[str, Any]


class Damaged(Exception):
    """Why a checkpoint cannot be used."""


def find_all(directory: Path) -> list[Path]:
    """The prefixes of all checkpoints that were written to the end, oldest first."""
    found = (NAME.fullmatch(path.name) for path in directory.glob("step-*.json"))
    return sorted(directory / match[1] for match in found if match)


def json_file(prefix: Path) -> Path:
    return prefix.with_name(f"{prefix.name}.json")


def tensor_files(prefix: Path) -> list[Path]:
    return [prefix.with_name(prefix.name + end) for end in (".index", ".data-00000-of-00001")]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_json(checkpoint: Checkpoint, run_id: str, durable: bool) -> None:
    """Make the checkpoint count, whose tensors are written. Raises OSError."""
    contents = {
        "run": run_id,
        "step": checkpoint.step,
        "score": checkpoint.score,
        "sha256": {file.name: _sha256(file) for file in tensor_files(checkpoint.prefix)},
        "state": checkpoint.state,
    }
    text = json.dumps(contents | {"checksum": _checksum(contents)}, indent=1) + "\n"
    write_atomically(json_file(checkpoint.prefix), text, durable)


def _load_json(prefix: Path) -> dict[str, Any]:
    try:
        contents = json.loads(json_file(prefix).read_text())
        checksum = contents.pop("checksum")
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Damaged("its .json file is damaged") from None
    if checksum != _checksum(contents):
        raise Damaged("its .json file is not what was written")
    return contents


def _checksum(contents: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(contents, sort_keys=True).encode()).hexdigest()


def read_score(prefix: Path) -> float | None:
    try:
        return _load_json(prefix)["score"]
    except (Damaged, OSError):
        return None


def is_good(prefix: Path, run_id: str) -> bool:
    try:
        read(prefix, run_id)
    except (Damaged, OSError):
        return False
    return True


def read(prefix: Path, run_id: str) -> Checkpoint:
    contents = _load_json(prefix)
    if contents["run"] != run_id:
        raise Damaged("it belongs to another run")
    if f"step-{contents['step']:010d}" != prefix.name:
        raise Damaged(f"it was made at step {contents['step']}")
    for file in tensor_files(prefix):
        if not file.is_file():
            raise Damaged(f"{file.name} is missing")
        if _sha256(file) != contents["sha256"].get(file.name):
            raise Damaged(f"{file.name} is not what was written")
    return Checkpoint(prefix, contents["step"], contents["score"], contents["state"])


def check_tensors(prefix: Path, shapes: Mapping[str, tuple[Any, Any]]) -> None:
    """Read every tensor. ``Saver.restore`` alone takes a wrong shape without a word."""
    try:
        reader = tf.train.load_checkpoint(str(prefix))
        stored = reader.get_variable_to_shape_map()
        for name, (shape, dtype) in shapes.items():
            if name not in stored:
                raise Damaged(f"variable {name} is missing")
            value = reader.get_tensor(name)
            if list(value.shape) != shape or value.dtype != dtype:
                raise Damaged(f"variable {name} is {value.dtype} {list(value.shape)}, not {shape}")
            if np.issubdtype(value.dtype, np.floating) and not np.isfinite(value).all():
                raise NotFiniteError(f"variable {name} is not finite")
    except (tf.errors.OpError, ValueError, IndexError) as error:
        raise Damaged(reason(error)) from None


def remove(prefix: Path) -> None:
    """The .json first: without it the rest is litter, not a checkpoint."""
    for path in (json_file(prefix), *tensor_files(prefix)):
        with contextlib.suppress(OSError):
            path.unlink()
