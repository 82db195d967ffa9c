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


class Step(NamedTuple):
    """What an experiment's ``build_graph`` returns.

    train_step: the operation that updates the variables once.
    metrics: float32 scalars, each a mean over the batch, taken before the update. "loss" is one.
    predictions: int64 [batch], the class that the model says.
    """

    train_step: Any
    metrics: dict[str, Any]
    predictions: Any


# images uint8 [batch, pixels], labels int64 [batch], number of classes, optimizer
BuildGraph = Callable[[Any, Any, int, Any], Step]


@dataclass(frozen=True)
class Model:
    """The readable copy of an experiment's graph.

    graph: the ``tf.Graph`` it stands in, and to which the training loop is added.
    graph_def: the readable copy alone, for TensorBoard.
    images, labels: placeholders, uint8 [batch, pixels] and int64 [batch].
    build_again: builds the same step on other images and labels, with the same variables.
    """

    graph: Any
    graph_def: Any
    images: Any
    labels: Any
    step: Step
    build_again: Callable[[Any, Any], Step]

    def parameters(self) -> dict[str, list[int]]:
        """Name and shape of every trainable variable, in the order they were made."""
        with self.graph.as_default():
            return {v.op.name: v.shape.as_list() for v in tf.trainable_variables()}

    def parameter_count(self) -> int:
        return sum(math.prod(shape) for shape in self.parameters().values())


def build(
    build_graph: BuildGraph, pixels: int, num_classes: int, optimizer: Any, seed: int
) -> Model:
    """Build the readable copy in a new graph with the given seed."""

    def build_on(images: Any, labels: Any) -> Step:
        with tf.variable_scope(tf.get_variable_scope(), reuse=tf.AUTO_REUSE):
            return build_graph(images, labels, num_classes, optimizer)

    graph = tf.Graph()
    with graph.as_default():
        tf.set_random_seed(seed)
        with tf.name_scope("input"):
            images = tf.placeholder(tf.uint8, [None, pixels], "images")
            labels = tf.placeholder(tf.int64, [None], "labels")
        step = build_on(images, labels)
        return Model(graph, graph.as_graph_def(), images, labels, step, build_on)
