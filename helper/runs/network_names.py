"""Where a run's network is: the graph that the run wrote, and the names of its tensors in it."""

from __future__ import annotations

import math

from tensorboard.compat.proto.graph_pb2 import GraphDef

from helper.errors import LabError
from helper.runs.events import read_run_graph
from helper.runs.listing import ListedRun
from helper.runs.record import Network

_MOST_PIXELS = 1 << 24


def find(run: ListedRun) -> tuple[GraphDef, Network]:
    """The graph and the names. The network has predictions, and a plausible number of pixels.

    Raises LabError, in one line, for a run that cannot say them.
    """
    check_origin(run)
    if run.record is None or run.record.data is None:
        raise LabError(f"{run.name} ({run.status}) has no record that says what its network is")
    problems: list[str] = []
    graph = read_run_graph(run.path, problems.append)
    if graph is None:
        why = f": {problems[0]}" if problems else ""
        raise LabError(f"{run.name} holds no graph to rebuild its network from{why}")
    network = run.record.network or _inferred(run.name, graph)
    if network.predictions is None:
        raise LabError(
            f"{run.name} predicts no class: the Step of {run.record.experiment} has no predictions"
        )
    pixels = math.prod(run.record.data.image_shape)
    if not 0 < pixels <= _MOST_PIXELS:
        raise LabError(f"{run.name} says that its images have {pixels} pixels")
    return graph, network


def check_origin(run: ListedRun) -> None:
    """Raise LabError for a run of which there are no checkpoints."""
    if run.record is not None and run.record.origin != "experiment":
        raise LabError(
            f"{run.name} was trained by a loop of its own program, which leaves no checkpoint to "
            "rebuild the network from"
        )


def _inferred(name: str, graph: GraphDef) -> Network:
    """The names in the graph of a run of format 1, whose record does not have them.

    Only experiments of this project made such runs, and they all have these names.
    """
    nodes = {node.name: node for node in graph.node}
    compared = list(nodes["accuracy/Equal"].input) if "accuracy/Equal" in nodes else []
    if len(compared) < 2 or "input/images" not in nodes:
        raise LabError(
            f"{name} was made by an earlier version, and its graph lacks accuracy/Equal or "
            "input/images, by which its network could be found"
        )
    known = ("readout/Softmax", "readout/stack")
    return Network(
        images="input/images",
        labels="input/labels",
        predictions=compared[0],
        probabilities=next((node for node in known if node in nodes), None),
        targets=None if compared[1] == "input/labels" else compared[1],
    )
