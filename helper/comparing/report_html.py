"""A comparison as one HTML file that needs nothing else: tables, verdicts and curves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

from helper.comparing import labels, report_sections
from helper.comparing.comparison import Group, Table, text
from helper.comparing.curves import mean_curve
from helper.comparing.export import finite, numbers
from helper.comparing.report_sections import Section, brief
from helper.comparing.report_verdicts import shown_verdicts
from helper.errors import printable
from helper.runs import commit
from helper.runs.events import Scalars
from helper.runs.record import Status

_PARTS = {
    "/*STYLE*/": ("report.css",),
    "/*SCRIPT*/": ("report_charts.js", "report.js"),
}


def page(table: Table, groups: Sequence[Group], confidence: float = 0.95) -> str:
    """The file's content. table: a row for each group. A group of several runs is drawn as the mean
    of those that completed, with a band of one standard deviation, over the steps that all of them
    logged. Every run is drawn below it as a thin line, including those that did not complete."""
    several = any(len(group.runs) > 1 for group in groups)
    found = report_sections.sections(table, groups)
    data = {
        "facts": _facts(groups, found),
        "note": "Line: mean over seeds. Band: ± one standard deviation." if several else "",
        "sections": [_section(section, confidence) for section in found],
    }
    # "</script>" inside a run's name must not end the script.
    content = json.dumps(data, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    here = Path(__file__).parent
    html = (here / "report.html").read_text(encoding="utf-8")
    for mark, names in _PARTS.items():
        part = "".join((here / name).read_text(encoding="utf-8") for name in names)
        html = html.replace(mark, part, 1)
    return html.replace("/*DATA*/", content, 1)


def _facts(groups: Sequence[Group], sections: Sequence[Section]) -> list[dict[str, Any]]:
    """When and of what the page was made; warn: where the runs are not of one commit."""
    runs = [run for group in groups for run in group.runs]
    made = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    own = commit.commit().name
    count = f"{_counted(len(runs), 'run')} of {_counted(len(sections), 'experiment')}"
    facts = [f"{count}. Report made {made}" + (f" at commit {brief(own)}." if own else ".")]
    found = report_sections.commits(runs)
    shown = ", ".join(f"{brief(name)} ({_counted(n, 'run')})" for name, n in found.most_common())
    unknown = len(runs) - sum(found.values())
    if unknown and found:
        shown += f"; not recorded ({_counted(unknown, 'run')})"
    differ = len(found) + bool(unknown) > 1 and bool(found)
    if differ:
        facts.append(f"The runs were made at different commits: {shown}.")
    elif found:
        facts.append(f"All runs were made at commit {brief(next(iter(found)))}.")
    else:
        facts.append("The runs do not record their commit.")
    return [
        {"text": printable(fact), "warn": differ and place == 1} for place, fact in enumerate(facts)
    ]


def _counted(n: int, what: str) -> str:
    return f"{n:,} {what}" + "s" * (n != 1)


def _section(section: Section, confidence: float) -> dict[str, Any]:
    columns = section.table.columns
    called = [printable(label) for label in section.labels]
    groups = [_group(group, label) for group, label in zip(section.groups, called, strict=True)]
    names = labels.short_names([str(row.get("name")) for row in section.table.rows])
    first, rest = _tags(section, {tag for group in groups for tag in group["curves"]})
    return {
        "title": section.title,
        "columns": columns,
        "rows": [
            [_cell(row[c], c, short) for c in columns]
            for row, short in zip(section.table.rows, names, strict=True)
        ],
        "lines": [printable(line) for line in report_sections.left_out(section)],
        "groups": groups,
        "first": first,
        "rest": rest,
        "verdicts": shown_verdicts(section.groups, called, confidence),
    }


def _cell(value: Any, column: str, short_name: str) -> dict[str, Any]:
    """A name is shown without what its section says already; it sorts as what it is."""
    shown = short_name if column == "name" else text(value, column)
    return {"value": finite(value), "text": printable(shown)}


def _tags(section: Section, tags: set[str]) -> tuple[list[str], list[str]]:
    """The charts: first those of the metric that chooses checkpoints, of accuracy and of loss, on
    the watched split and then on the training set; and the rest."""
    records = [run.record for group in section.groups for run in group.runs if run.record]
    splits = [*dict.fromkeys(record.watched for record in records), "train"]
    metrics = dict.fromkeys([*(record.select_by for record in records), "accuracy", "loss"])
    wanted = [f"{split}/{metric}" for split in splits for metric in metrics]
    first = [tag for tag in wanted if tag in tags]
    return first, sorted(tags - set(first))


def _group(group: Group, label: str) -> dict[str, Any]:
    completed = [run for run in group.runs if run.status is Status.COMPLETED]
    counted = completed or group.runs
    curves = {}
    for tag in sorted({tag for run in group.runs for tag in run.curves()}):
        found = {run.name: run.curves()[tag] for run in group.runs if tag in run.curves()}
        mean = mean_curve([found[r.name] for r in counted if r.name in found] or [*found.values()])
        curves[tag] = {
            "step": mean.step.tolist(),
            "seconds": numbers(np.round(mean.seconds, 3)),
            "mean": numbers(mean.mean),
            "deviation": numbers(mean.deviation) if len(found) > 1 else [],
        }
        if len(found) > 1:
            diverged = {run.name for run in group.runs if run.status is Status.DIVERGED}
            curves[tag]["runs"] = [
                {**_points(curve), "aside": name in diverged} for name, curve in found.items()
            ]
    aside = all(run.status is Status.DIVERGED for run in counted)
    return {
        "name": group.name,
        "label": label,
        "n": len(counted),
        "aside": aside,
        "curves": curves,
    }


def _points(curve: Scalars) -> dict[str, list]:
    return {
        "step": curve.step.tolist(),
        "seconds": numbers(np.round(curve.seconds, 3)),
        "value": numbers(curve.value),
    }
