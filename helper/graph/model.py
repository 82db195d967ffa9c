"""The readable copy of an experiment's graph, on placeholders.

It is what TensorBoard shows, what evaluates, and what can train a single step. ``helper.fused``
builds the same step a second time, into the body of a loop.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from helper.tensorflow_v1 import tf


class Inputs(NamedTuple):
    """What an experiment's ``build_graph`` stands on.

    images: uint8 [batch, pixels], 0 to 255, row by row.
    labels: int64 [batch], 0 to num_classes - 1.
    training: a boolean scalar, true in a training step and false in an evaluation.
    image_shape: (height, width); pixels is their product.
    """

    images: Any
    labels: Any
    training: Any
    image_shape: tuple[int, int]
    num_classes: int


class Step(NamedTuple):
    """What an experiment's ``build_graph`` returns.

    train_step: the operation that updates the variables once.
    metrics: float32 scalars, each a mean over the batch, taken before the update. "loss" and
        "accuracy" are among them.
    predictions: int64 [batch], the class that the model says.
    probabilities: float32 [batch, classes], what the model gives to each; None if it has none.
    targets: int64 [batch], what the predictions should be; by default the labels.
    images: float32 [batch, height, width] each, shown in TensorBoard for a few test examples.
    """

    train_step: Any
    metrics: dict[str, Any]
    predictions: Any
    probabilities: Any = None
    targets: Any = None
    images: dict[str, Any] | None = None


BuildGraph = Callable[[Inputs, Any], Step]  # the second argument is the optimizer


@dataclass(frozen=True)
class Model:
    """The readable copy of an experiment's graph.

    graph: the ``tf.Graph`` it stands in, and to which the training loop is added.
    graph_def: the readable copy alone, for TensorBoard.
    inputs: placeholders; ``training`` need not be fed and is false.
    build_again: builds the same step on other inputs, with the same variables.
    """

    graph: Any
    graph_def: Any
    inputs: Inputs
    step: Step
    build_again: Callable[[Inputs], Step]

    def parameters(self) -> dict[str, list[int]]:
        """Name and shape of every trainable variable, in the order they were made."""
        with self.graph.as_default():
            return {v.op.name: v.shape.as_list() for v in tf.trainable_variables()}

    def parameter_count(self) -> int:
        return sum(math.prod(shape) for shape in self.parameters().values())

    def session(self) -> Any:
        """A new session for the graph, in which the calling thread itself goes from node to node.

        The nodes of a step wait for each other, so the threads that a session starts to run them
        side by side find little to do, and take the cores from those inside a matrix product. The
        same bits without them, measured on 2 cores: 5 % less time for 625 hidden units, 15 to 25 %
        for softmax regression.
        """
        config = tf.ConfigProto(inter_op_parallelism_threads=-1)
        return tf.Session(graph=self.graph, config=config)


def build(
    build_graph: BuildGraph,
    image_shape: tuple[int, int],
    num_classes: int,
    optimizer: Any,
    seed: int,
) -> Model:
    """Build the readable copy in a new graph with the given seed."""

    def build_on(inputs: Inputs) -> Step:
        with tf.variable_scope(tf.get_variable_scope(), reuse=tf.AUTO_REUSE):
            return build_graph(inputs, optimizer)

    graph = tf.Graph()
    with graph.as_default():
        tf.set_random_seed(seed)
        with tf.name_scope("input"):
            inputs = Inputs(
                images=tf.placeholder(tf.uint8, [None, math.prod(image_shape)], "images"),
                labels=tf.placeholder(tf.int64, [None], "labels"),
                training=tf.placeholder_with_default(False, [], "training"),
                image_shape=image_shape,
                num_classes=num_classes,
            )
        step = build_on(inputs)
        graph_def = graph.as_graph_def()
        if step.targets is None:
            step = step._replace(targets=tf.identity(inputs.labels, "targets"))
        return Model(graph, graph_def, inputs, step, build_on)
