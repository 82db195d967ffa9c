"""Save the state of a run so that it resumes bit for bit, and find the newest good checkpoint.

A good checkpoint is never overwritten.

Waiting for the disk costs more than the save itself, so not every save waits. A killed process
still loses nothing. A machine that crashes may lose the saves since the last durable one, which is
kept.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from helper.errors import LabError, reason
from helper.files import remove_partial, sync
from helper.loading import Damaged
from helper.runs.directory import Run
from helper.saving import checkpoint_files as files
from helper.saving.checkpoint_files import Checkpoint, State
from helper.tensorflow_v1 import tf

DIRECTORY = "checkpoints"


class Checkpoints:
    """The checkpoints of one run. Adds the save and restore operations to the current graph.

    Each checkpoint stores the run's id, so that those of another run are rejected.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._directory = run.path / DIRECTORY
        self._run_id = run.record.id
        self._durable: Path | None = None  # the newest known to be on the disk
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
        state: State,
        durable: bool = True,
    ) -> None:
        """Save every variable, read it all back, and only then make it count.

        durable: wait until this one, and those before it, are on the disk.
        Raises NotFiniteError, or LabError if it could not be written; then no checkpoint is added.
        """
        prefix = self._directory / f"step-{step:010d}"
        # It exists already if a signal arrived during the evaluation that follows the step.
        present = files.is_good(prefix, self._run_id)
        try:
            self._run.check_in_place()
            self._directory.mkdir(exist_ok=True)
            if not present:
                self._saver.save(session, str(prefix), write_meta_graph=False, write_state=False)
                files.check_tensors(prefix, self._shapes)
            if durable:
                self._sync(prefix)
            made = Checkpoint(prefix, step, score, state)
            files.write_json(made, self._run_id, durable)
        except BaseException as error:
            if not present and self._run.is_in_place():
                files.remove(prefix)
            if isinstance(error, (OSError, tf.errors.OpError, Damaged)):
                why = reason(error)
                raise LabError(f"checkpoint {prefix} could not be written: {why}") from None
            raise
        self._scores[prefix] = score
        if durable:
            self._durable, self._not_durable = prefix, []
        else:
            self._not_durable.append(prefix)

    def _sync(self, prefix: Path) -> None:
        for file in files.tensor_files(prefix):
            sync(file)
        for earlier in self._not_durable:
            with contextlib.suppress(FileNotFoundError):  # it was pruned
                for file in (*files.tensor_files(earlier), files.json_file(earlier)):
                    sync(file)

    def restore(self, session: Any, report: Callable[[str], None]) -> Checkpoint | None:
        """Set every variable to its value in the newest good checkpoint; None if there is none.

        report: called with a line for every damaged checkpoint that is skipped.
        Raises LabError if there are checkpoints but none is good.
        """
        checkpoint = newest(self._directory.parent, self._run_id, self._shapes, report)
        if checkpoint:
            self._saver.restore(session, str(checkpoint.prefix))
            # After a crash of the machine before the next durable save, the run resumes from here.
            with contextlib.suppress(OSError):
                self._sync(checkpoint.prefix)
                sync(files.json_file(checkpoint.prefix))
                sync(self._directory)
            self._durable = checkpoint.prefix
            for newer in files.find_all(self._directory):
                if newer.name > checkpoint.prefix.name:
                    files.remove(newer)  # damaged, and the run will reach that step again
        return checkpoint

    def set_score(self, step: int, score: float | None) -> None:
        """Change the score of a checkpoint. Raises LabError if it could not be written."""
        prefix = self._directory / f"step-{step:010d}"
        try:
            self._run.check_in_place()
            checkpoint = replace(files.read(prefix, self._run_id), score=score)
            files.write_json(checkpoint, self._run_id, durable=True)
        except (OSError, Damaged) as error:
            raise LabError(f"checkpoint {prefix} could not be changed: {reason(error)}") from None
        self._scores[prefix] = score

    def prune(self, keep: int) -> None:
        """Remove all but the newest ``keep``, the best and the last durable; keep at least two."""
        if not self._run.is_in_place():
            return
        complete = files.find_all(self._directory)
        known = self._scores
        self._scores = {p: known[p] if p in known else files.read_score(p) for p in complete}
        scored = [
            (score, -i)
            for i, score in enumerate(self._scores.values())  # in the order of their steps
            if score is not None
        ]
        kept = {*complete[-keep:], *(p for p in complete if p == self._durable)}
        if scored:
            kept.add(complete[-max(scored)[1]])
        if len(kept) < 2:
            kept |= set(complete[-2:])
        for prefix in complete:
            if prefix not in kept:
                files.remove(prefix)

    def sweep(self) -> None:
        """Remove what interrupted saves left behind."""
        remove_partial(self._directory)
        for path in self._directory.glob("step-*"):
            step = path.name.partition(".")[0]
            prefix = self._directory / step
            whole = files.json_file(prefix).exists()
            parts = [files.json_file(prefix), *files.tensor_files(prefix)] if whole else []
            if files.NAME.fullmatch(f"{step}.json") and path not in parts:
                with contextlib.suppress(OSError):
                    path.unlink()


def newest(
    run_directory: Path,
    run_id: str,
    shapes: Mapping[str, tuple[Any, Any]],
    report: Callable[[str], None],
    best: bool = False,
) -> Checkpoint | None:
    """The newest good checkpoint of a run (or the best one), or None if there are none.

    shapes: what each variable must have, from ``shapes_and_dtypes``. A checkpoint may hold further
    variables: predicting does not need the optimizer's.
    report: called with a line for every damaged checkpoint that is skipped.
    Raises LabError if there are checkpoints but none is good.
    """
    complete = files.find_all(run_directory / DIRECTORY)[::-1]
    if best:
        complete.sort(key=lambda p: -math.inf if (score := files.read_score(p)) is None else score)
        complete.reverse()
    for prefix in complete:
        try:
            checkpoint = files.read(prefix, run_id)
            files.check_tensors(prefix, shapes)
            return checkpoint
        except (Damaged, files.NotFiniteError) as error:
            report(f"checkpoint {prefix} is skipped: {error}")
    if complete:
        raise LabError(
            f"no checkpoint of {run_directory} is good; start a new run without --resume"
        )
    return None


def shapes_and_dtypes(variables: Iterable[Any]) -> dict[str, tuple[Any, Any]]:
    """The shape and the NumPy dtype of each variable, by its name."""
    return {v.op.name: (v.shape.as_list(), v.dtype.base_dtype.as_numpy_dtype) for v in variables}
