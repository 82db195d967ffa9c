"""Save the state of a run so that it can go on, bit for bit, and find the newest good save.

A checkpoint is a numbered pair of files of ``tf.train.Saver`` and, written last, a JSON file with
their SHA-256 and the state that is not in variables. Without that file a save was cut short. A
good checkpoint is never written over, and TensorFlow's own ``checkpoint`` file is neither written
nor read.

Waiting for the disk costs more than a save, so not every save does. A killed process loses nothing
by that. A machine that dies may lose the saves since the last durable one, which is kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from helper.errors import LabError, reason
from helper.files import remove_partial, sync, write_atomically
from helper.runs import Run
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

    The run's id is kept in each checkpoint, so that one that belongs to another run is not taken.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._directory = run.path / DIRECTORY
        self._run_id = run.record["id"]
        self._durable: Path | None = None  # the newest that is known to be on the disk
        self._not_durable: list[Path] = []
        self._scores: dict[Path, float | None] = {}
        variables = {variable.op.name: variable for variable in tf.global_variables()}
        self._shapes = shapes_and_dtypes(variables.values())
        self._saver = tf.train.Saver(variables, max_to_keep=0)

    def save(
        self,
        session: Any,
        step: int,
        score: float | None,
        state: Mapping[str, Any],
        durable: bool = True,
    ) -> None:
        """Save every variable, read it all back, and only then make it count.

        durable: wait until this one, and those before it, are on the disk.
        Raises NotFiniteError, or LabError if it could not be written; then nothing new counts.
        """
        prefix = self._directory / f"step-{step:010d}"
        # It is there if a signal came during the evaluation that follows the step.
        present = _is_good(prefix, self._run_id)
        try:
            self._run.check_in_place()
            self._directory.mkdir(exist_ok=True)
            if not present:
                self._saver.save(session, str(prefix), write_meta_graph=False, write_state=False)
                _check_tensors(prefix, self._shapes)
            if durable:
                self._sync(prefix)
            hashes = {file.name: _sha256(file) for file in _tensor_files(prefix)}
            made = Checkpoint(prefix, step, score, dict(state))
            _write_json(made, self._run_id, hashes, durable)
        except BaseException as error:
            if not present:
                _remove(prefix)
            if isinstance(error, (OSError, tf.errors.OpError, _Damaged)):
                why = reason(error)
                raise LabError(f"checkpoint {prefix} could not be written: {why}") from None
            raise
        self._scores[prefix] = score
        if durable:
            self._durable, self._not_durable = prefix, []
        else:
            self._not_durable.append(prefix)

    def _sync(self, prefix: Path) -> None:
        for file in _tensor_files(prefix):
            sync(file)
        for earlier in self._not_durable:
            with contextlib.suppress(FileNotFoundError):  # it was pruned
                for file in (*_tensor_files(earlier), _json(earlier)):
                    sync(file)

    def restore(self, session: Any, report: Callable[[str], None]) -> Checkpoint | None:
        """Give every variable the value of the newest good checkpoint; None if there is no file.

        report: is told of every checkpoint that is damaged and passed over.
        Raises LabError if there are checkpoints and none of them is good.
        """
        checkpoint = newest(self._directory.parent, self._run_id, self._shapes, report)
        if checkpoint:
            self._saver.restore(session, str(checkpoint.prefix))
            for newer in _complete(self._directory):
                if newer.name > checkpoint.prefix.name:
                    _remove(newer)  # damaged, and the run comes past that step again
        return checkpoint

    def set_score(self, step: int, score: float | None) -> None:
        """Change by what the best is chosen. Raises LabError if it could not be written."""
        prefix = self._directory / f"step-{step:010d}"
        try:
            self._run.check_in_place()
            hashes = _load_json(prefix)["sha256"]
            checkpoint = replace(_read(prefix, self._run_id), score=score)
            _write_json(checkpoint, self._run_id, hashes, True)
        except (OSError, _Damaged) as error:
            raise LabError(f"checkpoint {prefix} could not be changed: {reason(error)}") from None
        self._scores[prefix] = score

    def prune(self, keep: int) -> None:
        """Remove all but the newest ``keep``, the best, and the last durable; two stay at least."""
        if not self._run.is_in_place():
            return
        complete = _complete(self._directory)
        scores = {prefix: self._score(prefix) for prefix in complete}
        scored = [(score, -i) for i, p in enumerate(complete) if (score := scores[p]) is not None]
        kept = {*complete[-keep:], *(p for p in complete if p == self._durable)}
        if scored:
            kept.add(complete[-max(scored)[1]])
        if len(kept) < 2:
            kept |= set(complete[-2:])
        for prefix in complete:
            if prefix not in kept:
                _remove(prefix)

    def _score(self, prefix: Path) -> float | None:
        if prefix not in self._scores:
            self._scores[prefix] = _score(prefix)
        return self._scores[prefix]

    def sweep(self) -> None:
        """Remove what killed saves left behind."""
        remove_partial(self._directory)
        for path in self._directory.glob("step-*"):
            step = path.name.partition(".")[0]
            prefix = self._directory / step
            parts = _tensor_files(prefix) if _json(prefix).exists() else []
            if _NAME.fullmatch(f"{step}.json") and path not in (*parts, _json(prefix)):
                with contextlib.suppress(OSError):
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


def _write_json(
    checkpoint: Checkpoint, run_id: str, hashes: Mapping[str, str], durable: bool
) -> None:
    contents = {
        "run": run_id,
        "step": checkpoint.step,
        "score": checkpoint.score,
        "sha256": dict(hashes),
        "state": checkpoint.state,
    }
    text = json.dumps(contents | {"checksum": _checksum(contents)}, indent=1) + "\n"
    write_atomically(_json(checkpoint.prefix), text, durable)


def _load_json(prefix: Path) -> dict[str, Any]:
    try:
        contents = json.loads(_json(prefix).read_text())
        checksum = contents.pop("checksum")
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _Damaged("its .json file is damaged") from None
    if checksum != _checksum(contents):
        raise _Damaged("its .json file is not what was written")
    return contents


def _checksum(contents: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(contents, sort_keys=True).encode()).hexdigest()


def _score(prefix: Path) -> float | None:
    try:
        return _load_json(prefix)["score"]
    except (_Damaged, OSError):
        return None


def _is_good(prefix: Path, run_id: str) -> bool:
    try:
        _read(prefix, run_id)
    except (_Damaged, OSError):
        return False
    return True


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
