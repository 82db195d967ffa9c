"""An observer that shows how numbers are distributed: parameters, gradients, activations.

A dead ReLU unit has the activation 0 for every image, a saturated sigmoid unit 0 or 1; where all
units of a layer are dead or saturated, its gradients vanish.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from helper.graph.evaluation import SUMMARIZED_EXAMPLES, Observation
from helper.graph.model import Model
from helper.recording.summaries import histogram_summary
from helper.saving.rebuilding import leaving
from helper.tensorflow_v1 import tf


class Histograms:
    """Shows each trainable variable, the gradient of the loss on it, and each layer's activations.

    Gradients and activations are those of the first images of the split that is evaluated.
    """

    def __init__(self) -> None:
        self._run: Callable[..., dict[str, Any]] | None = None

    def __call__(self, seen: Observation) -> Iterator[Any]:
        if self._run is None:
            inputs = seen.model.inputs
            self._run = seen.session.make_callable(
                _tensors(seen.model), [inputs.images, inputs.labels]
            )
        examples = slice(0, SUMMARIZED_EXAMPLES)
        values = self._run(seen.split.images[examples], seen.split.labels[examples])
        for tag, array in values.items():
            yield histogram_summary(tag, array)


def _tensors(model: Model) -> dict[str, Any]:
    """What is shown, by tag. The gradients are added to the graph, after it was written."""
    with model.graph.as_default(), tf.name_scope("histograms"):
        variables = tf.trainable_variables()
        gradients = tf.gradients(model.step.metrics["loss"], variables)
        return {
            **{f"parameters/{v.op.name}": v.read_value() for v in variables},
            **{
                f"gradients/{v.op.name}": tf.convert_to_tensor(gradient)
                for v, gradient in zip(variables, gradients, strict=True)
                if gradient is not None
            },
            **{f"activations/{name}": tensor for name, tensor in _activations(model).items()},
        }


def _activations(model: Model) -> dict[str, Any]:
    """The tensors that leave each layer on the way from the images to the answers.

    A layer is a top-level scope with variables. If only one tensor leaves it, that has its name.
    """
    step, inputs = model.step, model.inputs
    answers = [t.name for t in (step.probabilities, step.predictions) if t is not None]
    names = leaving(model.graph_def, answers or [step.metrics["loss"].name], inputs.images.op.name)
    tensors = [model.graph.as_graph_element(n if ":" in n else f"{n}:0") for n in names]
    layers = {_scope(v.op.name) for v in tf.trainable_variables()}
    floats = [
        tensor
        for tensor in tensors
        if tensor.dtype.is_floating and tensor.shape.rank and _scope(tensor.op.name) in layers
    ]
    scopes = [_scope(tensor.op.name) for tensor in floats]
    return {
        scope if scopes.count(scope) == 1 else tensor.op.name: tensor
        for scope, tensor in zip(scopes, floats, strict=True)
    }


def _scope(name: str) -> str:
    return name.partition("/")[0]
