"""The graph that every format holds: images in, classes and probabilities out."""

from __future__ import annotations

from typing import Any

from helper.errors import LabError, reason
from helper.saving.network import LoadedNetwork
from helper.tensorflow_v1 import tf

IMAGES = "images"
CLASSES = "classes"
PROBABILITIES = "probabilities"


def graph_of(net: LoadedNetwork) -> Any:
    """A network as a GraphDef without variables, whose tensors have plain names.

    images: uint8 [batch, height, width], 0 to 255, which the network scales itself. classes: int64
    [batch]. probabilities: float32 [batch, classes], if the network gives any.
    Raises LabError.
    """
    assert net.record.data
    height, width = net.record.data.image_shape
    frozen = net.frozen()
    with tf.Graph().as_default() as graph:
        images = tf.placeholder(tf.uint8, [None, height, width], IMAGES)
        pixels = tf.reshape(images, [-1, height * width], "pixels")
        try:
            answers = tf.import_graph_def(
                frozen.graph_def, {frozen.images: pixels}, frozen.outputs, name="network"
            )
        except ValueError as error:
            raise LabError(
                f"its graph does not take any number of images: {reason(error)}"
            ) from None
        _named(tf.cast(answers[0], tf.int64), [None], CLASSES)
        for probabilities in answers[1:]:
            _named(probabilities, [None, None], PROBABILITIES)
    return graph.as_graph_def()


def outputs(graph_def: Any) -> list[str]:
    """The names of what the graph gives: classes, and probabilities if it has any."""
    names = {node.name for node in graph_def.node}
    return [name for name in (CLASSES, PROBABILITIES) if name in names]


def _named(tensor: Any, shape: list[Any], name: str) -> None:
    tf.identity(tf.ensure_shape(tensor, shape), name)
