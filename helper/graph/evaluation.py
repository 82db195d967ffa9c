"""Evaluate a model on a whole split: every example weighs the same, whatever the batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from helper.data.datasets import Split
from helper.graph.model import Model

# Large enough for a matmul to reach its full speed; the batch does not change what is computed.
BATCH_SIZE = 1000


class Evaluation(NamedTuple):
    """metrics: means over all examples. predictions, and targets, what those should be: int64
    [examples]."""

    metrics: dict[str, float]
    predictions: np.ndarray
    targets: np.ndarray


class Stopped(Exception):
    """A signal asked the program to stop."""


def evaluator(
    session: Any,
    model: Model,
    stopped: Callable[[], bool] = lambda: False,
    batch_size: int = BATCH_SIZE,
) -> Callable[[Split], Evaluation]:
    """A function that evaluates the session's present variables on a split.

    stopped: asked between two batches; if it says yes, the function raises Stopped.
    """
    names = list(model.step.metrics)
    fetches = [*model.step.metrics.values(), model.step.predictions, model.step.targets]
    run = session.make_callable(fetches, feed_list=[model.inputs.images, model.inputs.labels])

    def evaluate(split: Split) -> Evaluation:
        sums = np.zeros(len(names))
        answers = []
        for start in range(0, len(split.labels), batch_size):
            if stopped():
                raise Stopped
            batch = slice(start, start + batch_size)
            *means, predictions, targets = run(split.images[batch], split.labels[batch])
            sums += np.array(means, np.float64) * len(predictions)
            answers.append((predictions, targets))
        # The batches' means are float32: further digits are noise, and would decide between ties.
        means = [float(f"{mean:.7g}") for mean in sums / len(split.labels)]
        predictions, targets = np.concatenate(answers, axis=1)
        return Evaluation(dict(zip(names, means, strict=True)), predictions, targets)

    return evaluate
