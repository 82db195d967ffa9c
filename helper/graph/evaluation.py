"""Evaluate a model on a whole split: every example weighs the same, whatever the batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from helper.data.datasets import Split
from helper.graph.model import Model

# Large enough for a matmul to reach full speed. The batch size does not change the result.
BATCH_SIZE = 1000
# Summaries are computed on this many examples of the split.
SUMMARIZED_EXAMPLES = 1000


class Evaluation(NamedTuple):
    """metrics: means over all examples. predictions, and the targets they should equal: int64
    [examples], or None if the model predicts no class. probabilities: float32 [examples, classes],
    or None if the model gives none."""

    metrics: dict[str, float]
    predictions: np.ndarray | None
    targets: np.ndarray | None
    probabilities: np.ndarray | None = None


class Stopped(Exception):
    """A signal asked the program to stop."""


class Observation(NamedTuple):
    """What an observer of a run sees at an evaluation.

    session: holds the variables as they are after ``step`` steps. number: how many evaluations came
    before, at regular intervals of steps. last: whether the run ends here. split: what was
    evaluated.
    """

    session: Any
    model: Model
    split: Split
    evaluation: Evaluation
    step: int
    number: int
    last: bool = False


# Yields protocol buffers: ``tf.Summary``, to be written beside the evaluation's metrics, or
# ``TaggedRunMetadata`` (the timing of a ``Session.run``), to be written beside the graph.
Observer = Callable[[Observation], Iterable[Any]]


def evaluator(
    session: Any,
    model: Model,
    stopped: Callable[[], bool] = lambda: False,
    batch_size: int = BATCH_SIZE,
) -> Callable[[Split], Evaluation]:
    """Return a function that evaluates the session's current variables on a split.

    stopped: called between two batches; if it returns true, the function raises Stopped.
    """
    step, inputs = model.step, model.inputs
    fetches = {
        "metrics": dict(step.metrics),
        "answers": {
            name: tensor
            for name in ("predictions", "targets", "probabilities")
            if (tensor := getattr(step, name)) is not None
        },
    }
    run = session.make_callable(fetches, feed_list=[inputs.images, inputs.labels])

    def evaluate(split: Split) -> Evaluation:
        sums = dict.fromkeys(step.metrics, 0.0)
        answers = []
        for start in range(0, len(split.labels), batch_size):
            if stopped():
                raise Stopped
            batch = slice(start, start + batch_size)
            found = run(split.images[batch], split.labels[batch])
            for name, mean in found["metrics"].items():
                sums[name] += float(mean) * len(split.labels[batch])
            answers.append(found["answers"])
        # The batches' means are float32: further digits are noise, which would decide between ties.
        means = {name: float(f"{s / len(split.labels):.7g}") for name, s in sums.items()}
        if step.predictions is None:
            return Evaluation(means, None, None)
        whole = {name: np.concatenate([a[name] for a in answers]) for name in answers[0]}
        targets = whole.get("targets", split.labels)
        return Evaluation(means, whole["predictions"], targets, whole.get("probabilities"))

    return evaluate
