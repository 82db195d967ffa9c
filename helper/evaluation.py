"""Evaluate a model on a whole split: every example weighs the same, whatever the batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from helper.datasets import Split
from helper.graph import Model

# Large enough for a matmul to reach its full speed; the batch does not change what is computed.
BATCH_SIZE = 1000


class Evaluation(NamedTuple):
    """metrics: the mean over all examples; predictions: int64 [examples]."""

    metrics: dict[str, float]
    predictions: np.ndarray


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
    fetches = [*model.step.metrics.values(), model.step.predictions]
    run = session.make_callable(fetches, feed_list=[model.inputs.images, model.inputs.labels])

    def evaluate(split: Split) -> Evaluation:
        sums = np.zeros(len(names))
        predictions = []
        for start in range(0, len(split.labels), batch_size):
            if stopped():
                raise Stopped
            batch = slice(start, start + batch_size)
            *means, predicted = run(split.images[batch], split.labels[batch])
            sums += np.array(means, np.float64) * len(predicted)
            predictions.append(predicted)
        means = (sums / len(split.labels)).tolist()
        return Evaluation(dict(zip(names, means, strict=True)), np.concatenate(predictions))

    return evaluate
