"""Make a part of a written graph again: the operations that some tensors are computed with.

Each is made anew, under a name of TensorFlow's choice, and only if it may be run (see
``operations``). Control flow is not made again: where a condition is known, as ``training`` is,
the branch that is taken is put in its place.
"""

from __future__ import annotations

import graphlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from helper.errors import LabError, reason
from helper.saving.operations import PURE, Costs, TooLarge, check_constant, check_size
from helper.tensorflow_v1 import tf

_CONDITIONS = ("If", "StatelessIf")
_CALLS = ("PartitionedCall", "StatefulPartitionedCall")
_DEEPEST = 16


class Variable(NamedTuple):
    """A variable: its handle, a tensor; its ``tf.TensorShape`` and ``tf.DType``."""

    handle: Any
    shape: Any
    dtype: Any


class Values(NamedTuple):
    """What a node gives: tensors, or a variable. operation: what was made for it, if anything."""

    outputs: Sequence[Any]
    operation: Any = None


def node_name(reference: str) -> str:
    """The node that has the tensor of this name, or that is this input of a node."""
    return reference.partition(":")[0].lstrip("^")


def needed(
    nodes: Iterable[Any], references: Iterable[str], inputs: Iterable[str] = ()
) -> list[Any]:
    """The nodes that these tensors are computed with, each after those that it needs.

    nodes: of a GraphDef, or of a function in it. inputs: the names of nodes that are given, and
    are left out. Control inputs order side effects, which no pure function has: they do not count.
    Raises LabError where a node is missing, or needs itself.
    """
    found = {node.name: node for node in nodes}
    given = set(inputs)
    sources: dict[str, list[str]] = {}
    todo = [node_name(reference) for reference in references]
    while todo:
        name = todo.pop()
        if name in sources or name in given:
            continue
        if name not in found:
            raise LabError(f"its graph lacks the node {name!r}")
        sources[name] = [node_name(i) for i in found[name].input if not i.startswith("^")]
        todo += sources[name]
    try:
        order = list(graphlib.TopologicalSorter(sources).static_order())
    except graphlib.CycleError:
        raise LabError("its graph has a loop, which is not supported") from None
    return [found[name] for name in order if name not in given]


def leaving(graph_def: Any, names: Iterable[str], given: str) -> list[str]:
    """The tensors that are computed from a node and leave a top-level scope on their way to others.

    names: where the ways end; these tensors are among those returned. given: the node's name.
    """
    depend, found = {given}, {}
    for node in needed(graph_def.node, names, [given]):
        for reference in node.input:
            name = node_name(reference)
            if name in depend and not reference.startswith("^"):
                depend.add(node.name)
                if name != given and name.partition("/")[0] != node.name.partition("/")[0]:
                    found[reference] = True
    return list(found | dict.fromkeys(names, True))


def rebuild(
    graph_def: Any,
    names: Sequence[str],
    inputs: Mapping[str, Any],
    variables: dict[str, Variable],
) -> list[Any]:
    """Make the tensors of these names again, in the current graph.

    inputs: the tensors that take the place of nodes, by the nodes' names. variables: those made so
    far, by their names in ``graph_def``; others that are needed are added, without a value.
    Raises LabError for a graph that may not or cannot be run, TooLarge for one that would take too
    much.
    """
    part = _Part({f.signature.name: f for f in graph_def.library.function}, variables)
    try:
        return part.build_graph(graph_def.node, names, inputs)
    except _faults() as error:
        # What TensorFlow says may quote the graph.
        said = "".join(c if c.isprintable() else "?" for c in reason(error))
        raise LabError(f"its graph cannot be rebuilt: {said}") from None


def _faults() -> tuple[type[Exception], ...]:
    """What Python and TensorFlow raise for a graph that makes no sense."""
    return (
        tf.errors.OpError,
        ArithmeticError,
        AssertionError,
        AttributeError,
        LookupError,
        MemoryError,
        RuntimeError,
        TypeError,
        ValueError,
    )


class _Part:
    """Makes operations in the current graph."""

    def __init__(self, functions: Mapping[str, Any], variables: dict[str, Variable]) -> None:
        self._functions, self._variables = functions, variables
        self._costs = Costs()

    def build_graph(
        self, nodes: Iterable[Any], names: Sequence[str], inputs: Mapping[str, Any]
    ) -> list[Any]:
        for tensor in inputs.values():
            self._costs.add_given(tensor)
        return self._build(nodes, names, {n: Values([tensor]) for n, tensor in inputs.items()}, 0)

    def _build(
        self, nodes: Iterable[Any], names: Sequence[str], given: Mapping[str, Values], depth: int
    ) -> list[Any]:
        """The tensors of a graph, or of a function that was given its arguments."""
        values = dict(given)
        for node in needed(nodes, names, given):
            self._costs.add_node()
            sources = [_value(values, i) for i in node.input if not i.startswith("^")]
            values[node.name] = self._make(node, sources, depth)
        return [_value(values, name) for name in names]

    def _make(self, node: Any, sources: list[Any], depth: int) -> Values:
        if node.op == "VarHandleOp":
            return Values([self._variable(node)])
        if node.op in _CONDITIONS:
            return Values(self._branch(node, sources, depth))
        if node.op in _CALLS:
            return Values(self._call(node.attr["f"].func.name, sources, depth))
        if node.op == "PlaceholderWithDefault":
            return Values(sources)
        if node.op == "Const":
            return self._constant(node.attr["value"].tensor)
        if node.op == "ReadVariableOp" and isinstance(sources[0], Variable):
            value = tf.raw_ops.ReadVariableOp(resource=sources[0].handle, dtype=sources[0].dtype)
            self._costs.add_given(value)
            return Values([value])
        if node.op == "Placeholder":
            raise LabError(f"its graph needs {node.name!r} to be fed")
        if node.op not in PURE:
            raise LabError(
                f"its graph needs the operation {node.op!r}; of a graph that was read from a file "
                "only pure functions of numbers are run"
            )
        if any(isinstance(source, Variable) for source in sources):
            raise LabError(f"its graph uses a variable in the operation {node.op!r}")
        # The others, such as devices and what XLA is to compile, are the writer's affair.
        attributes = {key: value for key, value in node.attr.items() if not key.startswith("_")}
        operation = tf.get_default_graph().create_op(node.op, sources, attrs=attributes)
        self._costs.add(operation, sources)
        return Values(operation.outputs, operation)

    def _constant(self, written: Any) -> Values:
        check_constant(tf.TensorShape(written.tensor_shape), tf.as_dtype(written.dtype))
        # TensorFlow's optimizers believe what a constant says of itself, so it is written anew.
        with np.errstate(all="ignore"):
            made = tf.constant(tf.make_ndarray(written)).op
        self._costs.add(made, [])
        return Values(made.outputs, made)

    def _variable(self, node: Any) -> Variable:
        if node.name not in self._variables:
            shape = tf.TensorShape(node.attr["shape"].shape)
            dtype = tf.as_dtype(node.attr["dtype"].type)
            check_size(shape, dtype)
            if not node.name.isprintable():
                raise LabError(f"its graph has a variable called {node.name!r}")
            handle = tf.raw_ops.VarHandleOp(
                shape=shape, dtype=dtype, shared_name=f"variable_{len(self._variables)}"
            )
            self._variables[node.name] = Variable(handle, shape, dtype)
        return self._variables[node.name]

    def _branch(self, node: Any, sources: list[Any], depth: int) -> list[Any]:
        condition = tf.get_static_value(sources[0])
        if condition is None:
            raise LabError(
                f"its graph needs the operation {node.op!r} with a condition other than whether "
                "it is training; that is not supported"
            )
        branch = "then_branch" if condition else "else_branch"
        return self._call(node.attr[branch].func.name, sources[1:], depth)

    def _call(self, name: str, sources: list[Any], depth: int) -> list[Any]:
        """The results of a function, whose body is put in the place of the call."""
        if name not in self._functions:
            raise LabError(f"its graph lacks the function {name!r}")
        if depth == _DEEPEST:
            raise TooLarge(f"its graph has functions nested more than {_DEEPEST} deep")
        function = self._functions[name]
        arguments = [argument.name for argument in function.signature.input_arg]
        given = {a: Values([source]) for a, source in zip(arguments, sources, strict=True)}
        results = [function.ret[output.name] for output in function.signature.output_arg]
        return self._build(function.node_def, results, given, depth + 1)


def _value(values: Mapping[str, Values], reference: str) -> Any:
    """The tensor, or the variable, called "node" or "node:1", in a function "node:output:1"."""
    name, *rest = reference.split(":")
    outputs, operation = values[name]
    index = int(rest[-1]) if rest else 0
    for output in operation.op_def.output_arg if operation and len(rest) > 1 else ():
        if output.name == rest[0]:
            break
        if output.number_attr:
            index += operation.get_attr(output.number_attr)
        else:
            index += len(operation.get_attr(output.type_list_attr)) if output.type_list_attr else 1
    return outputs[index]
