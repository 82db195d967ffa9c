"""One run, step by step: curves, evaluations and checkpoints, in an order that survives.

At a boundary the curves are saved before the checkpoint that relies on them. What only the end of
a run does comes after its last checkpoint, so that a run resumed there with more steps is the same
as one that never stopped.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from helper.graph.evaluation import Evaluation, Stopped
from helper.graph.fused import FusedSteps
from helper.recording.run_writer import RunWriter
from helper.runs.evaluation_steps import EvaluationSteps
from helper.runs.record import Seconds, Status
from helper.runs.settings import Settings
from helper.saving.checkpoint_files import NotFiniteError
from helper.signals import StopRequest
from helper.training import console
from helper.training.averages import IntervalMeans
from helper.training.continuing import Launch
from helper.training.evaluating import Evaluations
from helper.training.saves import Saves


class TrainingLoop:
    """Trains from the step at which the launch begins to the last one.

    status: "failed" until the last step is done, or a signal or a diverging loss ends the run.
    first_loss: that of the watched split at step 0, if this process began the run.
    step: steps done. state: the run's state besides its variables.
    """

    def __init__(
        self,
        settings: Settings,
        launch: Launch,
        evaluations: Evaluations,
        saves: Saves,
        writer: RunWriter,
        stop: StopRequest,
    ) -> None:
        self._settings, self._evaluations, self._saves = settings, evaluations, saves
        self._writer, self._stop = writer, stop
        self.status = Status.FAILED
        self.first_loss: float | None = None
        self.step, self.state = launch.step, launch.state
        self._due = EvaluationSteps(settings.eval_every, launch.run.record.early_evaluations)
        self._before = self.state.seconds
        self._interval = IntervalMeans(settings.log_every, self.state.interval)
        self._progress = console.TrainingProgress(self.step, settings.steps)
        self._started = time.monotonic()

    def run(self, session: Any, fused: FusedSteps) -> None:
        """Train until the last step, a signal, or a loss that is not finite."""
        self._started = time.monotonic()
        self._saves.report = self._progress.note
        with self._progress:
            try:
                try:
                    self._train(session, fused)
                    self._finish()
                    self.status = Status.COMPLETED
                except Stopped:
                    if self.step != self._saves.step:
                        self._saves.save(self.step, self.state, None)
                    self.status = Status.INTERRUPTED
            except NotFiniteError as error:
                self.status = Status.DIVERGED
                self._progress.note(
                    f"error: {error}; the usual cause is a --learning_rate that is too large, "
                    "or pixels that are not divided by 255"
                )

    def _train(self, session: Any, fused: FusedSteps) -> None:
        settings = self._settings
        if self.step > self.state.evaluated_step and self.step in self._due:
            self._at_boundary()  # a signal arrived during this evaluation and ended the process
        initial = None
        if not self.step:
            initial = self._evaluations.measure(0)
            self._log_evaluation(initial)
            self.first_loss = initial.metrics.get("loss")
        boundaries = [settings.eval_every, settings.checkpoint_every]
        early = self._due.early
        for values in fused.run(session, self.step, settings.steps, boundaries, early):
            if initial:
                # Metrics are taken before the update: the first step's belong to step 0.
                self._log_train(0, {name: float(v[0]) for name, v in values.items()})
                self._show(initial)
                initial = None
            self._take(values)
            self._measure_time(fused)
            self._at_boundary()
            if self._stop.number:
                raise Stopped

    def _take(self, values: Mapping[str, np.ndarray]) -> None:
        """Log the metrics of a chunk of steps: float32 [steps] each."""
        finite = np.isfinite(values["loss"])
        sound = len(finite) if finite.all() else int(np.argmin(finite))
        first_step, self.step = self.step, self.step + sound
        if sound:
            values = {name: column[:sound] for name, column in values.items()}
            for step, means in self._interval.add(first_step, values):
                self._log_train(step, means)
            self._progress.steps(self.step, {n: float(v.mean()) for n, v in values.items()})
        if sound < len(finite):
            raise NotFiniteError(f"the loss of step {self.step + 1} is not finite")

    def _at_boundary(self) -> None:
        """Evaluate and save when due; always save a new best and the last step."""
        settings, score, new_best = self._settings, None, False
        if self.step in self._due.early and self.step < settings.steps:
            self._log_early(self._evaluations.measure(self.step))
        if self._due.is_regular(self.step):
            evaluation = self._evaluations.measure(self.step)
            score = self._writer.score(evaluation.metrics)
            new_best = self._log_evaluation(evaluation)
            self._show(evaluation)
        every = settings.checkpoint_every or settings.eval_every
        if self.step % every == 0 or new_best or self.step == settings.steps:
            self._saves.save(self.step, self.state, score)
        elif score is not None:
            self._saves.flush()

    def _finish(self) -> None:
        """After the last step: complete the curves, evaluate train and test, save predictions."""
        if self._interval.count:
            self._log_train(self.step, self._interval.finish())
        if not self._due.is_regular(self.step):
            evaluation = self._evaluations.measure(self.step)
            self._log_evaluation(evaluation)
            self._show(evaluation)
            self._saves.score_last(self._writer.score(evaluation.metrics))
        self.state.final |= self._evaluations.finish(self.step)
        self._saves.finish()

    def _measure_time(self, fused: FusedSteps) -> None:
        self.state.seconds = Seconds(
            self._before.seconds + time.monotonic() - self._started,
            self._before.seconds_in_steps + fused.seconds,
        )

    def _log_train(self, step: int, means: dict[str, float]) -> None:
        self.state.train_means = means
        self._writer.scalars("train", step, means)

    def _log_early(self, evaluation: Evaluation) -> None:
        """Log the metrics of an early evaluation for the current step."""
        self._note_evaluation(evaluation)
        self._evaluations.log_early(self.step, evaluation)

    def _log_evaluation(self, evaluation: Evaluation) -> bool:
        """Log it for the current step; return whether it is the best so far."""
        self._note_evaluation(evaluation)
        number, last = self.step // self._due.every, self.step == self._settings.steps
        new_best = self._evaluations.log(self.step, number, evaluation, last)
        self.state.best = self._writer.best
        return new_best

    def _note_evaluation(self, evaluation: Evaluation) -> None:
        watched, found = self._evaluations.watched, evaluation.metrics
        self.state.evaluated_step = self.step
        self.state.final = {f"{watched}/{name}": value for name, value in found.items()}

    def _show(self, evaluation: Evaluation) -> None:
        """Print it, next to the latest point of the training curves."""
        step, train_means = self.state.evaluated_step, self.state.train_means
        self._progress.evaluation(step, train_means, self._evaluations.watched, evaluation.metrics)
