"""When a run is saved, how durably, and what happens when the disk fails."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from helper.errors import LabError
from helper.recording.run_writer import RunWriter
from helper.runs.settings import Settings
from helper.saving.checkpoint_files import State
from helper.saving.checkpoints import Checkpoints
from helper.signals import StopRequest

# Waiting for the disk at each evaluation would cost a tenth of a short run. A killed process loses
# nothing if we wait less often; a machine that crashes loses this much.
_SECONDS_TO_LOSE = 5.0


class Saves:
    """The saves of one run. A fault of the disk is reported and does not stop the training.

    report: called with one line for each new fault. step: the last one saved.
    """

    def __init__(
        self,
        session: Any,
        checkpoints: Checkpoints,
        writer: RunWriter,
        settings: Settings,
        stop: StopRequest,
        step: int,
    ) -> None:
        self._session, self._checkpoints, self._writer = session, checkpoints, writer
        self._settings, self._stop = settings, stop
        self._last_durable = time.monotonic()
        self.report: Callable[[str], None] = print
        self.step = step

    def save(self, step: int, state: State, score: float | None) -> None:
        """Save the current state, so that the run can be resumed from it."""
        now = time.monotonic()
        ending = step == self._settings.steps or self._stop.number is not None
        durable = ending or now - self._last_durable >= _SECONDS_TO_LOSE
        # The curves first: a checkpoint must not be ahead of them.
        self.flush(durable)
        try:
            self._checkpoints.save(self._session, step, score, state, durable)
            self._checkpoints.prune(self._settings.keep)
            self.step = step
            self._writer.saved(step)
        except LabError as error:
            self._note(error)
        if durable:
            self._writer.save_record()
            self._last_durable = now

    def flush(self, durable: bool = False) -> None:
        """Put the curves into their files. durable: wait until they are on the disk."""
        fault = self._writer.flush(durable)
        if fault:
            self.report(f"error: {fault}")

    def score_last(self, score: float) -> None:
        """Let the last step compete for the best, although no regular evaluation falls on it."""
        try:
            self._checkpoints.set_score(self.step, score)
        except LabError as error:
            self._note(error)

    def finish(self) -> None:
        """Keep only what a finished run needs: its last checkpoint and its best."""
        self._checkpoints.prune(1)

    def _note(self, error: LabError) -> None:
        if self._writer.note_fault("checkpoint", str(error)):
            self.report(f"error: {error}")
