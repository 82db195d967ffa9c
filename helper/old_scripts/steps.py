"""How many steps a script has trained, seen from outside: how often it ran its training operation.

A training operation is one that runs an optimizer's update (an operation ``Apply…``), or changes a
trainable variable other than by its initializer. Where there are several in one graph, as in a GAN,
the one that ran most often counts; where a script trains several graphs, their steps add up.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from helper.tensorflow_v1 import tf

_ASSIGNS = ("Assign", "AssignAdd", "AssignSub", "AssignVariableOp", "AssignAddVariableOp",
            "AssignSubVariableOp", "ScatterUpdate", "ScatterAdd", "ScatterSub")  # fmt: skip


class TrainingSteps:
    """step: the number of steps so far."""

    def __init__(self) -> None:
        self.step = 0
        self._runs: dict[Any, Counter[Any]] = {}
        self._before = 0

    def trained(self, operations: tuple[Any, ...], restored: int) -> None:
        """Count one run of these training operations.

        restored: the steps that the graph's variable global_step says were done before its first.
        """
        graph = operations[0].graph
        if graph not in self._runs:
            self._runs[graph] = Counter()
            self._before += restored
        runs = self._runs[graph]
        for operation in operations:
            runs[operation] += 1
        self.step = self._before + sum(max(each.values()) for each in self._runs.values())

    def is_new(self, graph: Any) -> bool:
        """Whether no training operation of this graph has run yet."""
        return graph not in self._runs


def trains(operation: Any) -> bool:
    """Whether running this operation is a step of training."""
    trainable = {_operation(variable) for variable in _variables(operation.graph)}
    initializers = {v.initializer for v in operation.graph.get_collection("variables")}
    seen, todo = set(), [operation]
    while todo:
        op = todo.pop()
        if op in seen or op in initializers:
            continue
        seen.add(op)
        if op.type.startswith(("Apply", "ResourceApply", "SparseApply", "ResourceSparseApply")):
            return True
        if op.type in _ASSIGNS and op.inputs and op.inputs[0].op in trainable:
            return True
        todo += [tensor.op for tensor in op.inputs]
        todo += op.control_inputs
    return False


def global_step(session: Any, run: Any) -> int:
    """The value of the graph's variable global_step now; 0 if there is none.

    run: ``Session.run`` as it is without curves.
    """
    with session.graph.as_default():
        variable = tf.train.get_global_step(session.graph)
    return int(run(session, variable)) if variable is not None else 0


def _variables(graph: Any) -> list[Any]:
    return graph.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES)


def _operation(variable: Any) -> Any:
    return variable.handle.op if hasattr(variable, "handle") else variable.op
