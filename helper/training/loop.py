"""One run in one session: steps, curves, evaluations and checkpoints, in an order that survives.

At a boundary the curves are made safe before the checkpoint that stands on them. What an
uninterrupted run would not do at a step (the end of a shorter run) comes after the checkpoint, so
that a run that goes on from there is the same as one that never stopped.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from helper.data.datasets import Dataset, Split
from helper.errors import LabError
from helper.graph.evaluation import Evaluation, Stopped, evaluator
from helper.graph.fused import FusedSteps
from helper.graph.model import Model
from helper.pictures.summaries import Pictures
from helper.runs.settings import Settings
from helper.saving.checkpoint_files import Checkpoint, NotFiniteError
from helper.saving.checkpoints import Checkpoints
from helper.saving.run_writer import Recording
from helper.signals import StopRequest
from helper.training import console
from helper.training.averages import IntervalMeans

# Waiting for the disk at each evaluation would cost a tenth of a short run. A killed process loses
# nothing by waiting less often, and a machine that dies loses this much.
_SECONDS_TO_LOSE = 5.0

# Further metrics of an evaluation, from predictions and labels, int64 [examples] each.
Describe = Callable[[np.ndarray, np.ndarray], dict[str, float]]


class TrainingLoop:
    """Trains from where the checkpoint left off to the last step.

    status: "failed" until the last step is done, or a signal or a diverging loss ended the run.
    step: steps done. final: the latest metrics, and at the end those of all splits.
    """

    def __init__(
        self,
        session: Any,
        model: Model,
        data: Dataset,
        settings: Settings,
        recording: Recording,
        checkpoints: Checkpoints,
        describe: Describe | None,
        stop: StopRequest,
        restored: Checkpoint | None,
    ) -> None:
        self._session, self._data, self._settings = session, data, settings
        self._recording, self._checkpoints = recording, checkpoints
        self._describe, self._stop = describe, stop
        # Whatever is chosen by an evaluation (the best step, a setting) must not see the test set.
        self._watched = "validation" if data.validation else "test"
        self._watched_split = data.validation or data.test
        self._evaluate_metrics = evaluator(session, model, lambda: stop.number is not None)
        self._pictures = Pictures(session, model)
        state = restored.state if restored else {}
        self._interval = IntervalMeans(settings.log_every, state.get("interval"))
        self._train_means: dict[str, float] = state.get("train_means", {})
        self.step = self._saved_step = restored.step if restored else 0
        self._seconds_before = state.get("seconds", {"seconds": 0.0, "seconds_in_steps": 0.0})
        self.seconds = dict(self._seconds_before)
        self.final: dict[str, float] = state.get("final", {})
        self._evaluated_step: int = state.get("evaluated_step", 0)
        self.status = "failed"

    def run(self, fused: FusedSteps) -> None:
        """Train until the last step, a signal, or a loss that is not finite."""
        with console.TrainingProgress(self.step, self._settings.steps) as progress:
            self._progress = progress
            self._started = self._last_durable = time.monotonic()
            try:
                try:
                    self._train(fused)
                    self._finish()
                    self.status = "completed"
                except Stopped:
                    if self.step != self._saved_step:
                        self._save(None)
                    self.status = "interrupted"
            except NotFiniteError as error:
                self.status = "diverged"
                progress.note(
                    f"error: {error}; the usual cause is a --learning_rate that is too large, "
                    "or pixels that are not divided by 255"
                )

    def _train(self, fused: FusedSteps) -> None:
        if self.step > self._evaluated_step and self.step % self._settings.eval_every == 0:
            self._at_boundary()  # the signal that ended the process came during this evaluation
        initial = None if self.step else self._evaluate(self._watched_split)
        boundaries = [self._settings.eval_every, self._settings.checkpoint_every]
        for values in fused.run(self._session, self.step, self._settings.steps, boundaries):
            if initial:
                # Metrics are taken before the update: the first step's belong to step 0.
                self._log_train(0, {name: float(v[0]) for name, v in values.items()})
                self._log_evaluation(initial)
                initial = None
            self._take(values)
            self._measure_time(fused)
            self._at_boundary()
            if self._stop.number:
                raise Stopped

    def _take(self, values: Mapping[str, np.ndarray]) -> None:
        """Log the metrics of some steps: float32 [steps] each."""
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
        """Evaluate and save where it is time; save a new best and the last step in any case."""
        settings, score, new_best = self._settings, None, False
        if self.step % settings.eval_every == 0:
            evaluation = self._evaluate(self._watched_split)
            score = evaluation.metrics["accuracy"]
            new_best = self._log_evaluation(evaluation)
        every = settings.checkpoint_every or settings.eval_every
        if self.step % every == 0 or new_best or self.step == settings.steps:
            self._save(score)
        elif score is not None:
            self._recording.flush(durable=False)

    def _save(self, score: float | None) -> None:
        """Make the present state one that the run can go on from. A full disk is only noted."""
        now = time.monotonic()
        ending = self.step == self._settings.steps or self._stop.number is not None
        durable = ending or now - self._last_durable >= _SECONDS_TO_LOSE
        state = {
            "interval": self._interval.state(),
            "train_means": self._train_means,
            "best": self._recording.best,
            "final": self.final,
            "seconds": self.seconds,
            "evaluated_step": self._evaluated_step,
        }
        fault = self._recording.flush(durable)
        if fault:
            self._progress.note(f"error: {fault}")
        try:
            self._checkpoints.save(self._session, self.step, score, state, durable)
            self._checkpoints.prune(self._settings.keep)
            self._saved_step = self.step
            self._recording.saved(self.step)
        except LabError as error:
            if self._recording.note_fault("checkpoint", str(error)):
                self._progress.note(f"error: {error}")
        if durable:
            self._recording.save_record()
            self._last_durable = now

    def _finish(self) -> None:
        """After the last step: the rest of the curves, the whole training set, the predictions."""
        if self._interval.count:
            self._log_train(self.step, self._interval.finish())
        if self.step % self._settings.eval_every:
            evaluation = self._evaluate(self._watched_split)
            self._log_evaluation(evaluation)
            self._set_score(evaluation.metrics["accuracy"])
        train = self._evaluate(self._data.train)
        self.final |= {f"train/{name}": value for name, value in train.metrics.items()}
        test = self._evaluate(self._data.test)
        if self._data.validation:
            self._recording.scalars("test", self.step, test.metrics)
            self.final |= {f"test/{name}": value for name, value in test.metrics.items()}
        self._recording.save_predictions(test.predictions, test.targets)
        # A finished run needs its end and its best; two checkpoints are enough for that.
        self._checkpoints.prune(1)

    def _set_score(self, score: float) -> None:
        """Let the last step count when the best is chosen, though it is no evaluation's."""
        try:
            self._checkpoints.set_score(self.step, score)
        except LabError as error:
            self._recording.note_fault("checkpoint", str(error))

    def _measure_time(self, fused: FusedSteps) -> None:
        spent = {
            "seconds": time.monotonic() - self._started,
            "seconds_in_steps": fused.seconds,
        }
        self.seconds = {name: self._seconds_before[name] + spent[name] for name in spent}

    def _log_train(self, step: int, means: dict[str, float]) -> None:
        self._train_means = means
        self._recording.scalars("train", step, means)

    def _log_evaluation(self, evaluation: Evaluation) -> bool:
        """Log it as the present step's; return whether its accuracy is the best so far."""
        watched, metrics = self._watched, evaluation.metrics
        self._evaluated_step = self.step
        self.final = {f"{watched}/{name}": value for name, value in metrics.items()}
        new_best = self._recording.evaluation(watched, self.step, metrics)
        if _is_drawn(self.step // self._settings.eval_every):
            for summary in self._pictures.summaries(self._watched_split, evaluation):
                self._recording.summary(watched, self.step, summary)
        self._progress.evaluation(self.step, self._train_means, watched, metrics)
        return new_best

    def _evaluate(self, split: Split) -> Evaluation:
        evaluation = self._evaluate_metrics(split)
        if not math.isfinite(evaluation.metrics["loss"]):
            raise NotFiniteError(f"the loss of an evaluation after step {self.step} is not finite")
        if self._describe:
            evaluation.metrics.update(self._describe(evaluation.predictions, split.labels))
        return evaluation


def _is_drawn(evaluation: int) -> bool:
    """Whether there are pictures of this evaluation, counted from 0: of the first 32 of them all,
    then of every second up to 64, every fourth up to 128, …, so that a long run stays small."""
    return evaluation % 2 ** max(0, evaluation.bit_length() - 5) == 0
