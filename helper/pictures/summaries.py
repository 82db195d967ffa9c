"""Pictures in TensorBoard: the first layer's weights, the confusion matrix, an experiment's own."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from tensorboard.plugins.text.summary_v2 import text_pb

from helper.data.datasets import Split
from helper.graph.evaluation import Evaluation
from helper.graph.model import Model
from helper.pictures import confusion, drawing
from helper.tensorflow_v1 import tf

# More units than this are too small to see, and would make the event files large.
MOST_UNITS = 25
# An experiment's own images are shown for so many examples.
EXAMPLES = 10
_SMALLEST_TILE = 28  # pixels; smaller tiles are enlarged


class Pictures:
    """Draws what a session's variables look like. Adds operations to the model's graph."""

    def __init__(self, session: Any, model: Model) -> None:
        self._model = model
        # A graph of its own: in the model's, the first call would go through all of its nodes.
        with tf.Graph().as_default():
            pixels = tf.placeholder(tf.uint8, [None, None, 1])
            self._png = tf.Session().make_callable(tf.io.encode_png(pixels), [pixels])
        with model.graph.as_default():
            first = _first_layer(model)
            fetches = {first.op.name: _units(first, model)} if first is not None else {}
            fetches |= model.step.images or {}
            self._run = session.make_callable(fetches, [model.inputs.images, model.inputs.labels])

    def summaries(self, split: Split, evaluation: Evaluation) -> Iterator[Any]:
        """The summaries of an evaluation on a split, whose first examples the images show."""
        drawn = self._run(split.images[:EXAMPLES], split.labels[:EXAMPLES])
        for tag, images in drawn.items():
            yield self._image(tag, _tiles(images))
        counts = confusion.count(evaluation.targets, evaluation.predictions, self._classes())
        yield self._image("confusion matrix", confusion.picture(counts))
        # Under a tag of its own: TensorBoard shows only one kind of summary for a tag.
        yield text_pb("confusion table", confusion.table(counts))

    def _classes(self) -> int:
        probabilities = self._model.step.probabilities
        return self._model.inputs.num_classes if probabilities is None else probabilities.shape[1]

    def _image(self, tag: str, picture: np.ndarray) -> Any:
        summary = tf.Summary()
        image = summary.value.add(tag=tag).image
        image.height, image.width, image.colorspace = *picture.shape, 1
        image.encoded_image_string = self._png(picture[..., np.newaxis])
        return summary


def _first_layer(model: Model) -> Any:
    """The weights that stand on the pixels, [pixels, units], or None if there are none."""
    pixels = math.prod(model.inputs.image_shape)
    matrices = (v for v in tf.trainable_variables() if v.shape.rank == 2)
    return next((v for v in matrices if v.shape[0] == pixels), None)


def _units(weights: Any, model: Model) -> Any:
    """The weights of the first units, each as an image: float32 [units, height, width]."""
    with tf.name_scope("pictures"):
        return tf.reshape(tf.transpose(weights[:, :MOST_UNITS]), [-1, *model.inputs.image_shape])


def _tiles(images: np.ndarray) -> np.ndarray:
    """Images (float [n, height, width]) as one picture."""
    zoom = max(1, _SMALLEST_TILE // max(images.shape[1:]))
    return drawing.grid(drawing.shades(images), zoom=zoom)
