"""Train an experiment: from its graph and its data to a finished run directory."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from helper import console, graph, runs
from helper.averages import IntervalMeans
from helper.datasets import Dataset, Split
from helper.errors import UsageError
from helper.evaluation import Evaluation, evaluator
from helper.fused import FusedSteps
from helper.graph import BuildGraph, Model, Step
from helper.recording import Recording, versions
from helper.signals import StopRequest
from helper.tensorflow_v1 import tf

__all__ = ["Settings", "Step", "train"]

# Further metrics of an evaluation, from predictions and labels, int64 [examples] each.
Describe = Callable[[np.ndarray, np.ndarray], dict[str, float]]


@dataclass(frozen=True)
class Settings:
    """What a run is asked to do.

    experiment: its name, the first directory below logdir.
    steps, batch_size, seed: with the graph and the data they decide the result.
    log_every, eval_every: intervals in steps.
    suffix: what the run directory's name says after its number, or "".
    flags: every setting of the run, as JSON values; flagfile: the same as the text of a flag file.
    argv: the command.
    """

    experiment: str
    steps: int
    batch_size: int
    seed: int
    log_every: int
    eval_every: int
    logdir: str
    suffix: str
    flags: Mapping[str, Any]
    flagfile: str
    argv: Sequence[str]


def train(
    build_graph: BuildGraph,
    data: Dataset,
    optimizer: Any,
    settings: Settings,
    describe: Describe | None = None,
) -> int:
    """Train, evaluate and record one run. Returns the program's exit code.

    describe adds metrics that are not a mean over examples, such as a precision.
    Raises LabError if the settings do not fit the data, or no run directory can be made.
    """
    examples = len(data.train.labels)
    if settings.batch_size > examples:
        raise UsageError(
            f"--batch_size={settings.batch_size} is more than the {examples} training examples "
            f"of {data.name}; choose {examples} or less"
        )
    with StopRequest() as stop:
        model = graph.build(
            build_graph, data.image_shape, data.num_classes, optimizer, settings.seed
        )
        fused = FusedSteps(model, data.train, settings.batch_size, settings.seed)
        record = _first_record(settings, data, model)
        run = runs.create(settings.logdir, settings.experiment, settings.suffix, record)
        console.layer_table(model.parameters())
        recording = Recording(run, model.graph_def, settings.flags, settings.flagfile)
        with tf.Session(graph=model.graph) as session:
            training = _Training(session, model, data, settings, recording, describe)
            try:
                training.run(fused, stop)
            finally:
                recording.close(training.status, training.step, training.final, training.seconds)
    console.result(run.path, run.record, recording.faults, settings.logdir)
    if stop.number:
        return stop.exit_code
    return 0 if training.status == "completed" and not recording.faults else 1


def _first_record(settings: Settings, data: Dataset, model: Model) -> dict[str, Any]:
    parameters = model.parameters()
    return {
        "status": "running",
        "argv": list(settings.argv),
        "flags": dict(settings.flags),
        "seed": settings.seed,
        "started": runs.now(),
        "ended": None,
        "step": 0,
        "steps": settings.steps,
        "seconds": 0.0,
        "seconds_in_steps": 0.0,
        "steps_per_second": 0.0,
        "versions": versions(),
        "commit": runs.commit(),
        "data": {
            "name": data.name,
            "sha256": data.sha256,
            "train": len(data.train.labels),
            "validation": len(data.validation.labels) if data.validation else 0,
            "test": len(data.test.labels),
            "image_shape": list(data.image_shape),
            "num_classes": data.num_classes,
        },
        "parameters": parameters,
        "parameter_count": model.parameter_count(),
        "final": {},
        "best": {},
        "summaries_lost": 0,
    }


class _Training:
    """One run in one session, from its first step to its last.

    status: "failed" until the last step is done, or a signal or a diverging loss ended the run.
    """

    def __init__(
        self,
        session: Any,
        model: Model,
        data: Dataset,
        settings: Settings,
        recording: Recording,
        describe: Describe | None,
    ) -> None:
        self._session, self._data, self._settings = session, data, settings
        # Whatever is chosen by an evaluation (the best step, a setting) must not see the test set.
        self._watched = "validation" if data.validation else "test"
        self._watched_split = data.validation or data.test
        self._recording, self._describe = recording, describe
        self._evaluate_metrics = evaluator(session, model)
        self._interval = IntervalMeans(settings.log_every)
        self._train_means: dict[str, float] = {}
        self.status = "failed"
        self.step = 0
        self.seconds = {"seconds": 0.0, "seconds_in_steps": 0.0}
        self.final: dict[str, float] = {}
        with model.graph.as_default():
            session.run(tf.global_variables_initializer())

    def run(self, fused: FusedSteps, stop: StopRequest) -> None:
        """Train until the last step, a signal, or a loss that is not finite."""
        steps = self._settings.steps
        started = time.monotonic()
        with console.TrainingProgress(self.step, steps) as progress:
            initial = self._evaluate(self._watched_split)
            for values in fused.run(self._session, 0, steps, [self._settings.eval_every]):
                if self.step == 0:
                    # Metrics are taken before the update: the first step's belong to step 0.
                    self._log_train(0, {name: float(v[0]) for name, v in values.items()})
                    self._log_evaluation(initial, progress)
                self._take(values, progress)
                self.seconds = {
                    "seconds": time.monotonic() - started,
                    "seconds_in_steps": fused.seconds,
                }
                if self.status == "diverged":
                    return
                if stop.number:
                    self.status = "interrupted"
                    return
        self._finish()

    def _take(self, values: Mapping[str, np.ndarray], progress: console.TrainingProgress) -> None:
        """Log the metrics of some steps (float32 [steps] each), and evaluate where it is time."""
        first_step = self.step
        finite = np.isfinite(values["loss"])
        if not finite.all():
            self.step = first_step + int(np.argmin(finite))
            self.status = "diverged"
            progress.note(
                f"the loss is not finite after {self.step} steps; try a smaller --learning_rate"
            )
            return
        self.step += len(finite)
        for step, means in self._interval.add(first_step, values):
            self._log_train(step, means)
        progress.steps(self.step, {name: float(v.mean()) for name, v in values.items()})
        if self.step == self._settings.steps and self._interval.count:
            self._log_train(self.step, self._interval.finish())
        if self.step % self._settings.eval_every == 0 or self.step == self._settings.steps:
            self._log_evaluation(self._evaluate(self._watched_split), progress)

    def _finish(self) -> None:
        """After the last step: the whole training set, and the predictions on the test set."""
        train = self._evaluate(self._data.train)
        self.final |= {f"train/{name}": value for name, value in train.metrics.items()}
        test = self._evaluate(self._data.test)
        if self._data.validation:
            self._recording.scalars("test", self.step, test.metrics)
            self.final |= {f"test/{name}": value for name, value in test.metrics.items()}
        self._recording.save_predictions(test.predictions, self._data.test.labels)
        self.status = "completed"

    def _log_train(self, step: int, means: dict[str, float]) -> None:
        self._train_means = means
        self._recording.scalars("train", step, means)

    def _log_evaluation(self, evaluation: Evaluation, progress: console.TrainingProgress) -> None:
        watched, metrics = self._watched, evaluation.metrics
        self.final = {f"{watched}/{name}": value for name, value in metrics.items()}
        self._recording.evaluation(watched, self.step, metrics)
        progress.evaluation(self.step, self._train_means, watched, metrics)

    def _evaluate(self, split: Split) -> Evaluation:
        evaluation = self._evaluate_metrics(split)
        if self._describe:
            evaluation.metrics.update(self._describe(evaluation.predictions, split.labels))
        return evaluation
