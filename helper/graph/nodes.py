"""The nodes of a readable graph: which of them are the network, and which decide the result."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from helper.graph.model import Model
from helper.runs.record import Network


def network(model: Model) -> Network:
    """The names of the tensors from which a network can be rebuilt out of its ``GraphDef``."""
    step, inputs = model.step, model.inputs

    def name(tensor: Any) -> str | None:
        return None if tensor is None else tensor.name

    return Network(
        inputs.images.name,
        inputs.labels.name,
        predictions=name(step.predictions),
        probabilities=name(step.probabilities),
        targets=name(step.targets),
    )


def training_outputs(model: Model) -> list[str]:
    """The names of the nodes that a training step runs: the update, and the metrics."""
    return [model.step.train_step.name, *(t.op.name for t in model.step.metrics.values())]


def training_sha256(graph_def: Any, outputs: Iterable[str]) -> str | None:
    """The SHA-256 of everything that these nodes depend on; None if one of them is missing.

    graph_def: TensorFlow's ``GraphDef`` or TensorBoard's copy of it. It ignores attributes that
    only describe a node (their names begin with an underscore), and the names of functions, which
    TensorFlow numbers in the order they are made.
    """
    found = {node.name: node for node in graph_def.node}
    functions = {function.signature.name: function for function in graph_def.library.function}
    todo, reached = list(outputs), set()
    while todo:
        name = todo.pop()
        if name not in found:
            return None
        if name not in reached:
            reached.add(name)
            todo += [source.lstrip("^").partition(":")[0] for source in found[name].input]
    digest = hashlib.sha256()
    for name in sorted(reached):
        _add(digest, found[name], functions, frozenset())
    return digest.hexdigest()


def _add(digest: Any, node: Any, functions: Mapping[str, Any], inside: frozenset[str]) -> None:
    digest.update(repr((node.name, node.op, list(node.input))).encode())
    for key, value in sorted(node.attr.items()):
        if key.startswith("_"):
            continue
        function = functions.get(value.func.name)
        if function is None:
            digest.update(key.encode() + value.SerializeToString(deterministic=True))
        elif value.func.name not in inside:
            digest.update(repr((key, sorted(function.ret))).encode())
            for inner in function.node_def:
                _add(digest, inner, functions, inside | {value.func.name})
