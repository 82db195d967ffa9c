"""A rebuilt network as a graph by itself: its weights become constants, and dropout is left out.

Whatever does not depend on the images is computed once, here. Dropout with a rate of 0 keeps every
number, so it computes nothing; but its random numbers depend on the number of images, and formats
for other runtimes have no such operation.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from helper.tensorflow_v1 import tf

_UNIFORM = ("RandomUniform", "StatelessRandomUniform", "StatelessRandomUniformV2")  # 0 … 1


class Frozen(NamedTuple):
    """graph_def: a GraphDef. images, outputs: the names of its tensors: the placeholder, and what
    is computed from it."""

    graph_def: Any
    images: str
    outputs: list[str]


def freeze(session: Any, images: Any, outputs: list[Any]) -> Frozen:
    """The part of the session's graph that computes some tensors from a placeholder.

    Every tensor must have a known shape. Raises what ``Session.run`` does.
    """
    operations = _needed(outputs)
    varying = {images.op}
    for operation in operations:
        random = operation.op_def.is_stateful and "Random" in operation.type
        if random or any(source.op in varying for source in operation.inputs):
            varying.add(operation)
    read = [s for o in operations if o in varying for s in o.inputs] + outputs
    fixed = list({t.ref(): t for t in read if t.op not in varying}.values())
    part = _Part(dict(zip((t.name for t in fixed), session.run(fixed), strict=True)))
    return Frozen(part.definition, images.name, [part.put(tensor) for tensor in outputs])


def _needed(outputs: list[Any]) -> list[Any]:
    """The operations that these tensors are computed with, each after those that it needs."""
    found: dict[Any, None] = {}
    todo = [(tensor.op, False) for tensor in outputs]
    while todo:
        operation, after_its_inputs = todo.pop()
        if after_its_inputs:
            found[operation] = None
        elif operation not in found:
            todo.append((operation, True))
            todo += [(source.op, False) for source in operation.inputs]
    return list(found)


class _Part:
    """Fills ``definition``, a GraphDef. fixed: the values of tensors, by their names."""

    def __init__(self, fixed: dict[str, np.ndarray]) -> None:
        self.definition = tf.GraphDef()
        self._fixed = fixed
        self._made: set[str] = set()

    def put(self, wanted: Any) -> str:
        """Add what a tensor is computed with; returns its name in the definition."""
        todo = [wanted]
        while todo:
            tensor = self._kept(todo[-1])
            missing = [] if tensor.name in self._fixed else self._missing(tensor.op)
            todo += missing
            if not missing:
                todo.pop()
                self._add(tensor)
        return self._name(wanted)

    def _missing(self, operation: Any) -> list[Any]:
        if operation.name in self._made:
            return []
        sources = (self._kept(source) for source in operation.inputs)
        return [s for s in sources if self._name(s).partition(":")[0] not in self._made]

    def _name(self, tensor: Any) -> str:
        tensor = self._kept(tensor)
        if tensor.name in self._fixed:
            return f"constant/{tensor.name.replace(':', '/')}:0"
        return str(tensor.name)

    def _add(self, tensor: Any) -> None:
        name = self._name(tensor).partition(":")[0]
        if name in self._made:
            return
        self._made.add(name)
        if tensor.name in self._fixed:
            value = tf.make_tensor_proto(self._fixed[tensor.name], tensor.dtype, tensor.shape)
            node = self.definition.node.add(name=name, op="Const")
            node.attr["dtype"].type = tensor.dtype.as_datatype_enum
            node.attr["value"].tensor.CopyFrom(value)
        else:
            node = self.definition.node.add()
            node.CopyFrom(tensor.op.node_def)
            node.input[:] = [self._name(source) for source in tensor.op.inputs]

    def _kept(self, tensor: Any) -> Any:
        """The tensor, or in place of what dropout keeps of all its numbers, these."""
        while tensor.op.type == "SelectV2":
            condition, kept, _ = tensor.op.inputs
            if not self._always(condition) or kept.shape.as_list() != tensor.shape.as_list():
                break
            tensor = kept
        return tensor

    def _always(self, condition: Any) -> bool:
        """Whether it says that random numbers are at least as large as they always are."""
        if condition.op.type != "GreaterEqual":
            return False
        number, rate = condition.op.inputs
        least, most = self._least(number), self._fixed.get(rate.name)
        return least is not None and most is not None and bool(np.all(most <= least))

    def _least(self, tensor: Any) -> float | None:
        """The least value of uniform random numbers, scaled and moved by constants."""
        if tensor.op.type in _UNIFORM:
            return 0.0
        if tensor.op.type not in ("Mul", "Add", "AddV2"):
            return None
        first, second = tensor.op.inputs
        least, value = self._least(first), self._fixed.get(second.name)
        if least is None or value is None or np.size(value) != 1:
            return None
        if tensor.op.type == "Mul":
            return least * float(value) if float(value) >= 0 else None
        return least + float(value)
