"""How two runs differ."""

from __future__ import annotations

from typing import Any

from helper.board.catalogue import Catalogue
from helper.board.requests import BadRequest, Body, flag, text
from helper.comparing.difference import difference
from helper.errors import printable

_MOST_LINES = 2_000


def differences(catalogue: Catalogue, body: Body) -> dict[str, Any]:
    """Settings, versions, commit, data, parameters, metrics and nodes of the graph."""
    names = [text(body, "first"), text(body, "second")]
    if names[0] == names[1]:
        raise BadRequest("choose two different runs")
    first, second = catalogue.named(names)
    found = difference(first, second, flag(body, "every_node"))
    notes = list(found.notes)
    if len(found.graph) > _MOST_LINES:
        notes.append(f"of {len(found.graph):,} lines about the graph, the first {_MOST_LINES:,}")
    return {
        "sections": found.sections,
        "metrics": {
            tag: {
                "first": pair.first,
                "second": pair.second,
                "change": pair.change,
                "word": pair.word,
            }
            for tag, pair in found.metrics.items()
        },
        "graph": found.graph[:_MOST_LINES],
        "notes": [printable(line) for line in notes],
    }
