"""Observers that draw a model for TensorBoard: its first layer's weights, its confusion matrix."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from tensorboard.plugins.text.summary_v2 import text_pb

from helper.graph.evaluation import Observation
from helper.graph.model import Model
from helper.pictures import confusion, drawing
from helper.recording.summaries import image_summary
from helper.runs.record import RESULTS
from helper.tensorflow_v1 import tf

# More units would be too small to see, and would make the event files large.
MOST_UNITS = 25
_SMALLEST_TILE = 28  # pixels; smaller tiles are enlarged


class FirstLayer:
    """Draws the first layer's weights on the pixels, for each of the first units."""

    def __init__(self) -> None:
        self._weights: Callable[[], np.ndarray] | None = None

    def __call__(self, seen: Observation) -> Iterator[Any]:
        weights = _first_layer(seen.model)
        if weights is None:
            return
        if self._weights is None:
            # The variable itself: after an operation is added, a session prepares its graph anew.
            self._weights = seen.session.make_callable(weights)
        images = self._weights()[:, :MOST_UNITS].T.reshape(-1, *seen.model.inputs.image_shape)
        zoom = max(1, _SMALLEST_TILE // max(images.shape[1:]))
        picture = drawing.grid(drawing.shades(images), zoom=zoom)
        yield image_summary(weights.op.name, picture)


def confusion_matrix(seen: Observation) -> Iterator[Any]:
    """Draw the confusion matrix."""
    counts = _confusion(seen)
    if counts is not None:
        yield image_summary("confusion matrix", confusion.picture(counts))


def confusion_table(seen: Observation) -> Iterator[Any]:
    """The confusion matrix at the end of the run, as a table."""
    counts = _confusion(seen) if seen.last else None
    if counts is not None:
        yield text_pb(f"{RESULTS}confusion table", confusion.table(counts))


def _confusion(seen: Observation) -> np.ndarray | None:
    predictions, targets = seen.evaluation.predictions, seen.evaluation.targets
    if predictions is None or targets is None:
        return None
    return confusion.count(targets, predictions, _classes(seen.model))


def _classes(model: Model) -> int:
    probabilities = model.step.probabilities
    return model.inputs.num_classes if probabilities is None else probabilities.shape[1]


def _first_layer(model: Model) -> Any:
    """The weights on the pixels, [pixels, units], or None if there are none."""
    pixels = math.prod(model.inputs.image_shape)
    with model.graph.as_default():
        matrices = [v for v in tf.trainable_variables() if v.shape.rank == 2]
    return next((v for v in matrices if v.shape[0] == pixels), None)
