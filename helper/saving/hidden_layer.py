"""Where the last hidden layer is in a written graph: what the last weights are multiplied with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from helper.saving.rebuilding import needed, node_name

# Operations that multiply values with weights; of a function, the body may do that.
_PRODUCTS = {
    "BatchMatMul",
    "BatchMatMulV2",
    "BatchMatMulV3",
    "Conv2D",
    "DepthwiseConv2dNative",
    "MatMul",
    "If",
    "PartitionedCall",
    "StatefulPartitionedCall",
    "StatelessIf",
}


class Layer(NamedTuple):
    """A tensor by its name. learned: whether it depends on a variable."""

    name: str
    learned: bool


def last_hidden(graph_def: Any, answers: Iterable[str], given: str) -> Layer | None:
    """What the last weights on the way to the answers are multiplied with: the readout's inputs.

    given: the node that takes the images. None if no weights multiply anything that depends on it.
    Raises LabError for a graph that makes no sense.
    """
    of_images, of_variables = {given}, set[str]()
    found = None
    for node in needed(graph_def.node, answers, [given]):
        inputs = {reference: node_name(reference) for reference in node.input}
        values = [reference for reference, name in inputs.items() if name in of_images]
        weights = [n for n in inputs.values() if n in of_variables and n not in of_images]
        if node.op in _PRODUCTS and values and weights:
            found = Layer(values[0], node_name(values[0]) in of_variables)
        if values:
            of_images.add(node.name)
        if node.op == "VarHandleOp" or of_variables.intersection(inputs.values()):
            of_variables.add(node.name)
    return found
