"""A comparison as one HTML file that needs nothing else: a sortable table, and the curves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from helper.comparing.comparison import Group, Table, text
from helper.comparing.curves import mean_curve
from helper.comparing.export import finite, numbers
from helper.runs.events import Scalars

_TEMPLATE = Path(__file__).with_name("report.html")


def page(table: Table, groups: Sequence[Group]) -> str:
    """The file's content. A group of several runs is drawn as the mean of those that completed,
    with a band of one standard deviation, over the steps that all of them logged. Every run is
    drawn below it as a thin line, including those that did not complete."""
    several = any(len(group.runs) > 1 for group in groups)
    data = {
        "note": "Line: mean over seeds. Band: ± one standard deviation." if several else "",
        "columns": table.columns,
        "rows": [
            [{"value": finite(row[c]), "text": text(row[c], c)} for c in table.columns]
            for row in table.rows
        ],
        "groups": [_group(group) for group in groups],
    }
    # "</script>" inside a run's name must not end the script.
    content = json.dumps(data, allow_nan=False, separators=(",", ":"))
    return _TEMPLATE.read_text(encoding="utf-8").replace(
        "/*DATA*/", content.replace("<", "\\u003c"), 1
    )


def _group(group: Group) -> dict[str, Any]:
    completed = [run for run in group.runs if run.status == "completed"]
    counted = completed or group.runs
    curves = {}
    for tag in sorted({tag for run in group.runs for tag in run.curves()}):
        found = {run.name: run.curves()[tag] for run in group.runs if tag in run.curves()}
        mean = mean_curve([found[r.name] for r in counted if r.name in found] or [*found.values()])
        curves[tag] = {
            "step": mean.step.tolist(),
            "seconds": numbers(np.round(mean.seconds, 3)),
            "mean": numbers(mean.mean),
            "deviation": numbers(mean.deviation),
        }
        if len(found) > 1:
            curves[tag]["runs"] = [_points(curve) for curve in found.values()]
    return {"name": group.name, "n": len(counted), "curves": curves}


def _points(curve: Scalars) -> dict[str, list]:
    return {
        "step": curve.step.tolist(),
        "seconds": numbers(np.round(curve.seconds, 3)),
        "value": numbers(curve.value),
    }
