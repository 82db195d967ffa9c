"""An observer that draws precision against recall, for one class against the rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from tensorboard.plugins.pr_curve import summary

from helper.graph.evaluation import Observation

THRESHOLDS = 201  # as many as TensorBoard's own summaries have


class PrecisionRecallCurve(NamedTuple):
    """At each threshold, float64 [thresholds]: examples counted, precision, recall."""

    true_positives: np.ndarray
    false_positives: np.ndarray
    true_negatives: np.ndarray
    false_negatives: np.ndarray
    precision: np.ndarray
    recall: np.ndarray


def curve(probabilities: np.ndarray, is_class: np.ndarray) -> PrecisionRecallCurve:
    """The curve of one class, whose answer is "yes" from a threshold on: 0, 1/200, …, 1.

    probabilities: float [examples], of the class. is_class: bool [examples].
    Precision is 0 where no answer is "yes", recall is 0 where no example is of the class.
    """
    thresholds = np.linspace(0, 1, THRESHOLDS)

    def reached(found: np.ndarray) -> np.ndarray:
        below = np.searchsorted(np.sort(found.astype(np.float64)), thresholds, side="left")
        return (len(found) - below).astype(np.float64)

    true_positives, false_positives = (
        reached(probabilities[is_class]),
        reached(probabilities[~is_class]),
    )
    return PrecisionRecallCurve(
        true_positives,
        false_positives,
        np.sum(~is_class) - false_positives,
        np.sum(is_class) - true_positives,
        true_positives / np.maximum(true_positives + false_positives, 1),
        true_positives / max(np.sum(is_class), 1),
    )


class PrecisionRecall:
    """Draws the curve of a model of two classes, or of each of several classes against the rest.

    several_classes: which of the two; it draws nothing for the other kind of model.
    """

    def __init__(self, several_classes: bool) -> None:
        self._several_classes = several_classes

    def __call__(self, seen: Observation) -> Iterator[Any]:
        probabilities, targets = seen.evaluation.probabilities, seen.evaluation.targets
        if probabilities is None or targets is None or probabilities.shape[1] < 2:
            return
        classes = probabilities.shape[1]
        if self._several_classes != (classes > 2):
            return
        for number in range(classes) if self._several_classes else (1,):
            found = curve(probabilities[:, number], targets == number)
            tag = f"precision-recall/{number}" if self._several_classes else "precision-recall"
            yield summary.raw_data_pb(tag, *found, num_thresholds=THRESHOLDS)
