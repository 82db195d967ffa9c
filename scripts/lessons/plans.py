"""Small graphs, drawn: a box for each node, an arrow for each edge."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from helper.comparing.plots import Figure

BLUE, ORANGE, GREY = "#2f6db5", "#e0801c", "#9a9a9a"

Edges = Mapping[str, Collection[str]]  # of each node, the nodes that its inputs come from


def chapter_1(names: Mapping[str, Any]) -> Figure:
    """Everything that leads to z."""
    target = names["z"].op
    edges = edges_to(target)
    operations = {name: target.graph.get_operation_by_name(name).type for name in edges}
    figure = Figure(figsize=(7.6, 2.3), layout="constrained")
    draw(figure.subplots(), edges, edges, operations)
    return figure


def chapter_2(names: Mapping[str, Any]) -> Figure:
    """What four runs compute of the same plan."""
    edges = edges_to(names["v"].op) | edges_to(names["w"].op)
    runs = {
        "fetch v": ("v", ""),
        "fetch w": ("w", ""),
        "fetch v and w": ("vw", ""),
        "fetch v, feed u": ("v", "u"),
    }
    figure = Figure(figsize=(7.6, 1.9), layout="constrained")
    panels = figure.subplots(1, len(runs))
    for axes, (title, (fetched, fed)) in zip(panels, runs.items(), strict=True):
        computed: set[str] = set()
        todo = list(fetched)
        while todo:
            if (name := todo.pop()) not in fed:
                computed.add(name)
                todo += edges[name]
        draw(axes, edges, computed)
        axes.set_title(title, size=10)
    return figure


def edges_to(target: Any) -> dict[str, list[str]]:
    """The nodes that an operation of a TensorFlow graph needs, itself included, and their edges."""
    found: dict[str, list[str]] = {}
    todo = [target]
    while todo:
        op = todo.pop()
        found[op.name] = [tensor.op.name for tensor in op.inputs]
        todo += [tensor.op for tensor in op.inputs]
    return found


def draw(
    axes: Any, edges: Edges, filled: Collection[str], operations: Mapping[str, str] | None = None
) -> None:
    """Nodes from left to right, by their distance from the inputs; some of the boxes filled."""
    columns: dict[int, list[str]] = {}
    for name in sorted(edges, key=lambda name: (_depth(name, edges), name)):
        columns.setdefault(_column(name, edges), []).append(name)
    places = {
        name: (column, (len(members) - 1) / 2 - row)
        for column, members in columns.items()
        for row, name in enumerate(members)
    }
    shrink = 26 if operations else 13  # points, from the middle of a box to its edge and a bit
    arrow = {"arrowstyle": "-|>", "color": "0.4", "shrinkA": shrink, "shrinkB": shrink}
    for name, (x, y) in places.items():
        on = name in filled
        axes.text(
            x,
            y,
            f"{name}\n{operations[name]}" if operations else name,
            ha="center",
            va="center",
            color="white" if on else GREY,
            bbox={"boxstyle": "round,pad=0.5", "fc": BLUE if on else "white", "ec": BLUE},
        )
        for source in edges[name]:
            axes.annotate("", (x, y), places[source], arrowprops=arrow, zorder=0)
    axes.set(xlim=(-0.5, max(columns) + 0.5), ylim=(-1.1, 1.1))
    axes.set_axis_off()


def _depth(name: str, edges: Edges) -> int:
    """The longest way from a node without inputs."""
    return max((1 + _depth(source, edges) for source in edges[name]), default=0)


def _column(name: str, edges: Edges) -> int:
    """The depth; of a node without inputs, that of the node it leads to, minus one."""
    users = [_depth(user, edges) for user, sources in edges.items() if name in sources]
    return min(users, default=1) - 1 if not edges[name] else _depth(name, edges)
