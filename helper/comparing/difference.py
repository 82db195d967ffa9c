"""How two runs differ: settings, metrics, versions, data, parameters, nodes of the graph."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tensorboard.compat.proto.attr_value_pb2 import AttrValue
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.node_def_pb2 import NodeDef

from helper.comparing.comparison import direction, text
from helper.runs.events import read_run_graph
from helper.runs.flag_roles import role
from helper.runs.listing import ListedRun
from helper.runs.record import as_json

SECTIONS = ("run", "flags", "versions", "data", "parameters")


@dataclass(frozen=True)
class Measured:
    """One metric of two runs, None where a run lacks it. lower_is_better: as the runs declare."""

    first: float | None
    second: float | None
    lower_is_better: bool | None = None

    @property
    def change(self) -> float | None:
        """Second minus first."""
        if self.first is None or self.second is None:
            return None
        return self.second - self.first

    @property
    def word(self) -> str:
        """Whether the second is better or worse; "" where that cannot be said."""
        if not self.change or math.isnan(self.change) or self.lower_is_better is None:
            return ""
        return "better" if (self.change < 0) == self.lower_is_better else "worse"


@dataclass
class Difference:
    """sections: {title: {name: (first, second)}}, None where one side has no such entry; metrics:
    those whose final or best values differ, by "split/metric" and "best/split/metric";
    graph: lines as in a diff, "-" only in the first, "+" only in the second, "~" changed;
    notes: what could not be compared, a line each."""

    sections: dict[str, dict[str, tuple[Any, Any]]] = field(default_factory=dict)
    metrics: dict[str, Measured] = field(default_factory=dict)
    graph: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def difference(first: ListedRun, second: ListedRun, every_node: bool = False) -> Difference:
    """Everything in which the runs differ, except how long they took.

    A scope of the graph that only one run has is one line, unless `every_node` is set.
    """
    found = Difference()
    for run in (first, second):
        if not run.record:
            found.notes.append(f"{run.name} is {run.status}: it has no record to compare")
    for title in SECTIONS:
        rows = _differing(_section(first, title), _section(second, title))
        if rows:
            found.sections[title] = rows
    found.metrics = _metrics(first, second)
    graphs = [read_run_graph(run.path, found.notes.append) for run in (first, second)]
    for run, graph in zip((first, second), graphs, strict=True):
        if graph is None:
            found.notes.append(f"{run.name} has no graph")
    if graphs[0] is not None and graphs[1] is not None:
        found.graph = graph_difference(graphs[0], graphs[1], every_node)
    return found


def _metrics(first: ListedRun, second: ListedRun) -> dict[str, Measured]:
    """The metrics that differ, final values first; two nan are equal."""
    sides = [_measured(run) for run in (first, second)]
    tags = sorted({*sides[0], *sides[1]}, key=lambda tag: (tag.startswith("best/"), tag))
    found = {}
    for tag in tags:
        one, other = (side.get(tag) for side in sides)
        if repr(one) != repr(other):
            found[tag] = Measured(one, other, _direction(tag, first, second))
    return found


def _measured(run: ListedRun) -> dict[str, float]:
    best = run.record.best if run.record else {}
    return run.final | {f"best/{tag}": value.value for tag, value in best.items()}


def _direction(tag: str, first: ListedRun, second: ListedRun) -> bool | None:
    """Whether lower is better; None where the runs do not agree, or were measured on other data."""
    if first.data_sha256 != second.data_sha256:
        return None
    declared = {direction(tag, [run]) for run in (first, second)} - {None}
    return declared.pop() if len(declared) == 1 else None


def graph_difference(first: GraphDef, second: GraphDef, every_node: bool = False) -> list[str]:
    """The nodes that were removed, added and changed, a line each (see `Difference.graph`)."""
    nodes = [{node.name: _computing(node) for node in graph.node} for graph in (first, second)]
    lines = []
    for sign, own, other in (("-", nodes[0], nodes[1]), ("+", nodes[1], nodes[0])):
        alone = sorted(set(own) - set(other))
        scopes = {} if every_node else _whole_scopes(alone, other)
        for name in dict.fromkeys(scopes.get(name, name) for name in alone):
            count = sum(scope == name for scope in scopes.values())
            lines.append(
                f"{sign} {name}  ({count} nodes)" if count else f"{sign} {name}  {own[name].op}"
            )
    for name in sorted(set(nodes[0]) & set(nodes[1])):
        if nodes[0][name] != nodes[1][name]:
            lines += [f"~ {name}  {change}" for change in _changes(nodes[0][name], nodes[1][name])]
    return lines


def _computing(node: NodeDef) -> NodeDef:
    """A node without the attributes that only describe it, such as ``_output_shapes``."""
    copy = NodeDef()
    copy.CopyFrom(node)
    for key in [key for key in copy.attr if key.startswith("_")]:
        del copy.attr[key]
    return copy


def _whole_scopes(alone: Iterable[str], other: Iterable[str]) -> dict[str, str]:
    """{node: "scope/"} for nodes in a scope of which the other graph has nothing."""
    known = {name[: i + 1] for name in other for i, c in enumerate(name) if c == "/"}
    found = {}
    for name in alone:
        prefixes = (name[: i + 1] for i, c in enumerate(name) if c == "/")
        missing = next((prefix for prefix in prefixes if prefix not in known), None)
        if missing:
            found[name] = missing
    return found


def _changes(first: NodeDef, second: NodeDef) -> list[str]:
    sides = [
        {
            "operation": node.op,
            "inputs": ", ".join(node.input),
            "device": node.device,
            **{key: _attribute(value) for key, value in node.attr.items()},
        }
        for node in (first, second)
    ]
    return [
        f"{key}: {'none' if a is None else a} → {'none' if b is None else b}"
        for key, (a, b) in sorted(_differing(*sides).items())
    ] or ["a value too long to show"]


def _attribute(value: AttrValue) -> str:
    if value.HasField("shape"):
        return shown([dim.size for dim in value.shape.dim]) or "scalar"
    line = " ".join(str(value).split())
    return line if len(line) <= 120 else line[:119] + "…"


def _section(run: ListedRun, title: str) -> Mapping[str, Any]:
    if run.record is None:
        return {}
    record = as_json(run.record)
    if title == "run":
        return {key: record[key] for key in ("experiment", "commit", "changed_files")}
    if title == "flags":
        # What an earlier version did not have, and what is not used, is no difference.
        return {k: v for k, v in record["flags"].items() if v or role(k).decides}
    return record[title] or {}


def _differing(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {
        name: (first.get(name), second.get(name))
        for name in dict.fromkeys([*first, *second])
        if first.get(name) != second.get(name)
    }


def shown(value: Any) -> str:
    """One side of a difference as text; a shape as 784 × 10."""
    if isinstance(value, list) and all(isinstance(size, int) for size in value):
        return " × ".join(map(str, value))
    return text(value)
