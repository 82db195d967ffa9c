"""Evaluate a run while it trains, and log its metrics, summaries and observers."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from helper.data.datasets import Dataset, Split
from helper.graph import metrics
from helper.graph.evaluation import (
    SUMMARIZED_EXAMPLES,
    Evaluation,
    Observation,
    Observer,
    evaluator,
)
from helper.graph.model import Model
from helper.recording.run_writer import RunWriter
from helper.saving.checkpoint_files import NotFiniteError
from helper.tensorflow_v1 import tf


class Evaluations:
    """The evaluations of one run.

    watched: the split that is evaluated while the run trains. Whatever is chosen by an evaluation
    (the best step, a setting) must not see the test set, so it is "validation" where there is one.
    costs: seconds that the observers of each kind took.
    """

    def __init__(
        self,
        session: Any,
        model: Model,
        data: Dataset,
        writer: RunWriter,
        split_metrics: Mapping[str, Any],
        observers: Mapping[str, Sequence[Observer]],
        stopped: Callable[[], bool],
    ) -> None:
        self._session, self._model, self._data, self._writer = session, model, data, writer
        self._split_metrics = metrics.values(split_metrics)
        self._observers = observers
        self.costs = dict.fromkeys(observers, 0.0)
        self._evaluate = evaluator(session, model, stopped)
        self._summaries = None
        if model.summaries:
            inputs = [model.inputs.images, model.inputs.labels]
            self._summaries = session.make_callable(model.summaries, inputs)
        self.watched = "validation" if data.validation else "test"
        self._split = data.validation or data.test

    def measure(self, step: int) -> Evaluation:
        """Evaluate the watched split after ``step`` steps.

        Raises NotFiniteError if its loss is not finite, Stopped if a signal arrived.
        """
        return self._measure(self._split, step)

    def log_early(self, step: int, evaluation: Evaluation) -> None:
        """Log the metrics of an evaluation that has no checkpoint, and so cannot be the best."""
        self._writer.scalars(self.watched, step, evaluation.metrics)

    def log(self, step: int, number: int, evaluation: Evaluation, last: bool) -> bool:
        """Log an evaluation; return whether it is the best.

        number: regular evaluations before it. last: whether the run ends here.
        """
        new_best = self._writer.evaluation(self.watched, step, evaluation.metrics)
        if self._summaries:
            examples = slice(0, SUMMARIZED_EXAMPLES)
            for text in self._summaries(self._split.images[examples], self._split.labels[examples]):
                self._writer.summary(self.watched, step, tf.Summary.FromString(text))
        seen = Observation(self._session, self._model, self._split, evaluation, step, number, last)
        for kind, observers in self._observers.items():
            began = time.monotonic()
            for observer in observers:
                for summary in observer(seen):
                    self._writer.summary(self.watched, step, summary)
            self.costs[kind] += time.monotonic() - began
        return new_best

    def finish(self, step: int) -> dict[str, float]:
        """Evaluate the whole training and test sets; return the metrics, by "split/metric".

        The predictions for the test set are saved.
        """
        train = self._measure(self._data.train, step)
        final = {f"train/{name}": value for name, value in train.metrics.items()}
        test = self._measure(self._data.test, step)
        if self.watched != "test":
            final |= {f"test/{name}": value for name, value in test.metrics.items()}
        if test.predictions is not None and test.targets is not None:
            self._writer.save_predictions(test.predictions, test.targets)
        return final

    def _measure(self, split: Split, step: int) -> Evaluation:
        evaluation = self._evaluate(split)
        if not math.isfinite(evaluation.metrics["loss"]):
            raise NotFiniteError(f"the loss of an evaluation after step {step} is not finite")
        for name, function in self._split_metrics.items():
            value = function(evaluation.predictions, split.labels)
            evaluation.metrics[name] = float(value)
        return evaluation
