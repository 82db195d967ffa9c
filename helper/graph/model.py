"""The readable copy of an experiment's graph, on placeholders.

TensorBoard shows this copy, evaluations run it, and it can train single steps.
``helper.graph.fused`` builds the same step a second time, in the body of a loop.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from helper.errors import UsageError
from helper.graph import metrics
from helper.graph.session import Session
from helper.tensorflow_v1 import tf


class Inputs(NamedTuple):
    """What an experiment's ``build_graph`` starts from.

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
    metrics: float32 scalars, each a mean over the batch, taken before the update, bare or as a
        ``Metric`` that declares which direction is better. "loss" is required.
    predictions: int64 [batch], the predicted classes; None for a model that predicts none.
    probabilities: float32 [batch, classes], of each class; None if the model has none.
    targets: int64 [batch], what the predictions should be; by default the labels.
    """

    train_step: Any
    metrics: Mapping[str, Any]
    predictions: Any = None
    probabilities: Any = None
    targets: Any = None


BuildGraph = Callable[[Inputs, Any], Step]  # the second argument is the optimizer


@dataclass(frozen=True)
class Model:
    """The readable copy of an experiment's graph.

    graph: the ``tf.Graph`` that holds it; the training loop is added to the same graph.
    graph_def: the readable copy alone, for TensorBoard, with the shape of every tensor.
    inputs: placeholders; ``training`` is false unless it is fed.
    step: its metrics are bare tensors. lower_is_better: the direction of each, None where it has
        none.
    summaries: the experiment's ``tf.summary`` operations: string scalars, serialized summaries.
    build_again: builds the same step on other inputs, with the same variables.
    """

    graph: Any
    graph_def: Any
    inputs: Inputs
    step: Step
    lower_is_better: dict[str, bool | None]
    summaries: list[Any]
    build_again: Callable[[Inputs], Step]

    def parameters(self) -> dict[str, list[int]]:
        """Name and shape of every trainable variable, in the order they were made."""
        with self.graph.as_default():
            return {v.op.name: v.shape.as_list() for v in tf.trainable_variables()}

    def parameter_count(self) -> int:
        return sum(math.prod(shape) for shape in self.parameters().values())

    def multiply_adds(self, batch_size: int) -> int:
        """Those of the forward pass of one step, as in layers where each weight is used once for
        each example."""
        return batch_size * self.parameter_count()

    def session(self) -> Any:
        """A new session for the graph, in which the calling thread itself executes the nodes.

        The nodes of a step depend on each other, so a session's threads for running nodes in
        parallel find little to do, and compete for the cores with the threads inside a matrix
        product. Without them, measured on 2 cores: the same bits in 5 % less time for 625 hidden
        units, in 15 to 25 % less for softmax regression. On a GPU, memory grows as it is needed, so
        that several runs can share it.
        """
        config = tf.ConfigProto(inter_op_parallelism_threads=-1)
        config.gpu_options.allow_growth = True
        return Session(graph=self.graph, config=config)


def build(
    build_graph: BuildGraph,
    image_shape: tuple[int, int],
    num_classes: int,
    optimizer: Any,
    seed: int,
) -> Model:
    """Build the readable copy in a new graph with the given seed.

    Raises UsageError if ``build_graph`` returns metrics that cannot be logged.
    """

    def build_on(inputs: Inputs) -> Step:
        with tf.variable_scope(tf.get_variable_scope(), reuse=tf.AUTO_REUSE):
            return build_graph(inputs, optimizer)

    def build_again(inputs: Inputs) -> Step:
        # Only the summaries of the readable copy are written.
        summaries = tf.get_collection_ref(tf.GraphKeys.SUMMARIES)
        before = list(summaries)
        step = build_on(inputs)
        summaries[:] = before
        return step._replace(metrics=metrics.values(step.metrics))

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
        lower_is_better = metrics.directions(step.metrics)
        step = step._replace(metrics=metrics.values(step.metrics))
        _check_metrics(step.metrics)
        graph_def = graph.as_graph_def(add_shapes=True)
        summaries = tf.get_collection(tf.GraphKeys.SUMMARIES)
        return Model(graph, graph_def, inputs, step, lower_is_better, summaries, build_again)


def _check_metrics(tensors: Mapping[str, Any]) -> None:
    """Report at graph-construction time what would otherwise fail inside the loop."""
    if "loss" not in tensors:
        raise UsageError('build_graph returns no metric "loss"; every experiment needs one')
    for name, tensor in tensors.items():
        if tensor.dtype != tf.float32 or tensor.shape.rank not in (0, None):
            raise UsageError(
                f"the metric {name!r} is {tensor.dtype.name} {tensor.shape}; it must be a float32 "
                "scalar, the mean over the batch"
            )
