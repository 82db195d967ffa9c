"""Save the state of a run so that it can go on, bit for bit, and find the newest good save.

A checkpoint is a numbered pair of files of ``tf.train.Saver`` and, written last, a JSON file with
their SHA-256 and the state that is not in variables. Without that file a save was cut short. No
name is ever used twice, and TensorFlow's own ``checkpoint`` file is neither written nor read.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from helper.errors import LabError, reason
from helper.files import sync, write_atomically
from helper.tensorflow_v1 import tf

DIRECTORY = "checkpoints"
_NAME = re.compile(r"(step-\d{10})\.json")


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


class Checkpoints:
    """The checkpoints of one run. Adds the save and restore operations to the current graph.

    run_id: kept in each checkpoint, so that one that belongs to another run is not taken.
    """

    def __init__(self, run_directory: Path, run_id: str) -> None:
        self._directory = run_directory / DIRECTORY
        self._run_id = run_id
        variables = {variable.op.name: variable for variable in tf.global_variables()}
        self._shapes = shapes_and_dtypes(variables.values())
        self._saver = tf.train.Saver(variables, max_to_keep=0)

    def save(self, session: Any, step: int, score: float | None, state: Mapping[str, Any]) -> None:
        """Save every variable, read it all back, and only then make it count.

        Raises NotFiniteError, or LabError if it is not on the disk; then nothing new counts.
        """
        prefix = self._directory / f"step-{step:010d}"
        try:
            self._directory.mkdir(exist_ok=True)
            self._write_tensors(session, prefix)
            contents = {
                "run": self._run_id,
                "step": step,
                "score": score,
                "sha256": {file.name: _sha256(file) for file in _tensor_files(prefix)},
                "state": dict(state),
            }
            write_atomically(_json(prefix), json.dumps(contents, indent=1) + "\n")
        except BaseException as error:
            _remove(prefix)
            if isinstance(error, (OSError, tf.errors.OpError, _Damaged)):
                why = reason(error)
                raise LabError(f"checkpoint {prefix} could not be written: {why}") from None
            raise

    def _write_tensors(self, session: Any, prefix: Path) -> None:
        with contextlib.suppress(_Damaged, OSError):
            _read(prefix, self._run_id)
            return  # this step was saved before the evaluation that follows it was interrupted
        self._saver.save(session, str(prefix), write_meta_graph=False, write_state=False)
        _check_tensors(prefix, self._shapes)
        for file in _tensor_files(prefix):
            sync(file)

    def restore(self, session: Any, report: Callable[[str], None]) -> Checkpoint | None:
        """Give every variable the value of the newest good checkpoint; None if there is no file.

        report: is told of every checkpoint that is damaged and passed over.
        Raises LabError if there are checkpoints and none of them is good.
        """
        checkpoint = newest(self._directory.parent, self._run_id, self._shapes, report)
        if checkpoint:
            self._saver.restore(session, str(checkpoint.prefix))
        return checkpoint

    def prune(self, keep: int) -> None:
        """Remove all but the newest ``keep`` and the one with the best score; two stay at least."""
        complete = _complete(self._directory)
        scored = [(score, -i) for i, p in enumerate(complete) if (score := _score(p)) is not None]
        kept = set(complete[-keep:])
        if scored:
            kept.add(complete[-max(scored)[1]])
        if len(kept) < 2:
            kept |= set(complete[-2:])
        for prefix in complete:
            if prefix not in kept:
                _remove(prefix)

    def sweep(self) -> None:
        """Remove what killed saves left behind."""
        complete = {prefix.name for prefix in _complete(self._directory)}
        for path in self._directory.glob("*"):
            if path.name.split(".")[0] in complete and not path.is_dir():
                continue
            with contextlib.suppress(OSError):
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink()


def newest(
    run_directory: Path,
    run_id: str,
    shapes: Mapping[str, tuple[Any, Any]],
    report: Callable[[str], None],
    best: bool = False,
) -> Checkpoint | None:
    """The newest good checkpoint of a run (or the best one), or None if there is none at all.

    shapes: what each variable must be, as ``shapes_and_dtypes`` gives it. A checkpoint may hold
    further variables: to predict, the optimizer's are not needed.
    report: is told of every checkpoint that is damaged and passed over.
    Raises LabError if there are checkpoints and none of them is good.
    """
    complete = _complete(run_directory / DIRECTORY)[::-1]
    if best:
        complete.sort(key=lambda prefix: -math.inf if (s := _score(prefix)) is None else s)
        complete.reverse()
    for prefix in complete:
        try:
            checkpoint = _read(prefix, run_id)
            _check_tensors(prefix, shapes)
            return checkpoint
        except (_Damaged, NotFiniteError, OSError) as error:
            report(f"checkpoint {prefix} is passed over: {error}")
    if complete:
        raise LabError(
            f"no checkpoint of {run_directory} is good; start a new run without --resume"
        )
    return None


def shapes_and_dtypes(variables: Iterable[Any]) -> dict[str, tuple[Any, Any]]:
    """The shape and the NumPy dtype of each variable, by its name."""
    return {v.op.name: (v.shape.as_list(), v.dtype.base_dtype.as_numpy_dtype) for v in variables}


class _Damaged(Exception):
    """Why a checkpoint cannot be used."""


def _complete(directory: Path) -> list[Path]:
    """The prefixes of all checkpoints that were written to the end, oldest first."""
    found = (_NAME.fullmatch(path.name) for path in directory.glob("step-*.json"))
    return sorted(directory / match[1] for match in found if match)


def _json(prefix: Path) -> Path:
    return prefix.with_name(f"{prefix.name}.json")


def _tensor_files(prefix: Path) -> list[Path]:
    return [prefix.with_name(prefix.name + end) for end in (".index", ".data-00000-of-00001")]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _load_json(prefix: Path) -> dict[str, Any]:
    try:
        contents = json.loads(_json(prefix).read_text())
        return {name: contents[name] for name in ("run", "step", "score", "sha256", "state")}
    except (ValueError, KeyError, TypeError):
        raise _Damaged("its .json file is damaged") from None


def _score(prefix: Path) -> float | None:
    try:
        return _load_json(prefix)["score"]
    except (_Damaged, OSError):
        return None


def _read(prefix: Path, run_id: str) -> Checkpoint:
    contents = _load_json(prefix)
    if contents["run"] != run_id:
        raise _Damaged("it belongs to another run")
    if f"step-{contents['step']:010d}" != prefix.name:
        raise _Damaged(f"it was made at step {contents['step']}")
    for file in _tensor_files(prefix):
        if not file.is_file():
            raise _Damaged(f"{file.name} is missing")
        if _sha256(file) != contents["sha256"].get(file.name):
            raise _Damaged(f"{file.name} is not what was written")
    return Checkpoint(prefix, contents["step"], contents["score"], contents["state"])


def _check_tensors(prefix: Path, shapes: Mapping[str, tuple[Any, Any]]) -> None:
    """Read every tensor. ``Saver.restore`` alone takes a wrong shape without a word."""
    try:
        reader = tf.train.load_checkpoint(str(prefix))
        stored = reader.get_variable_to_shape_map()
        for name, (shape, dtype) in shapes.items():
            if name not in stored:
                raise _Damaged(f"variable {name} is missing")
            value = reader.get_tensor(name)
            if list(value.shape) != shape or value.dtype != dtype:
                raise _Damaged(f"variable {name} is {value.dtype} {list(value.shape)}, not {shape}")
            if np.issubdtype(value.dtype, np.floating) and not np.isfinite(value).all():
                raise NotFiniteError(f"variable {name} is not finite")
    except (tf.errors.OpError, ValueError, IndexError) as error:
        raise _Damaged(reason(error)) from None


def _remove(prefix: Path) -> None:
    """The .json first: without it the rest is litter, not a checkpoint."""
    for path in (_json(prefix), *_tensor_files(prefix)):
        with contextlib.suppress(OSError):
            path.unlink()
