"""A comparison on the terminal: a table for each experiment, each with columns of its own."""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Sequence

from helper import tables
from helper.comparing import comparison, fitting
from helper.comparing.comparison import Group, Table
from helper.errors import printable
from helper.runs.listing import ListedRun

_UNLIMITED = 10_000
_NUMBERED = re.compile(r"((?:.*/)?\d{4,})-([^/]*)")
_SETTING = re.compile(r"(^|,)[A-Za-z]\w*=")


def show_runs(
    runs: Sequence[ListedRun],
    metrics: Sequence[str],
    target: float | None = None,
    limit: int | None = None,
) -> None:
    """A table of the runs of each experiment, in the order in which the experiments first occur,
    and one of the runs that belong to none.

    limit: the width of the terminal; None for as wide as needed.
    """
    experiments = {run.fields["experiment"] for run in runs}
    sections: dict[str, list[ListedRun]] = {}
    for run in runs:
        parent = run.name.rpartition("/")[0]  # tells the experiment of a run without a record
        section = run.fields["experiment"] or (parent if parent in experiments else "")
        sections.setdefault(section, []).append(run)
    shown = [
        _without_prefix(comparison.run_table(own, metrics, target), section)
        for section, own in sections.items()
    ]
    _show(shown, metrics, limit)


def show_groups(
    groups: Sequence[Group],
    metrics: Sequence[str],
    target: float | None = None,
    limit: int | None = None,
) -> None:
    """The same for groups of runs."""
    sections: dict[str, list[Group]] = {}
    for group in groups:
        sections.setdefault(group.runs[0].fields["experiment"], []).append(group)
    shown = []
    for section, own in sections.items():
        table = comparison.group_table(own, metrics, target)
        settings = {name for group in own for name in group.settings}
        # The title names the experiment, and only other experiments have the settings without value
        absent = {name for name in settings if all(row[name] is None for row in table.rows)}
        columns = [c for c in table.columns if c not in absent | {"experiment"}]
        shown.append((section, Table(columns, table.rows)))
    _show(shown, metrics, limit)


def _show(sections: Sequence[tuple[str, Table]], metrics: Sequence[str], limit: int | None) -> None:
    if not sections:
        print("no runs")
    below: list[str] = []
    for title, table in sections:
        if below:
            print()
        fitted = fitting.fit(table, metrics, _headers(table.columns, metrics), limit)
        for place, block in enumerate(fitted.blocks):
            left = [i for i, column in enumerate(block.columns) if column == "note"]
            tables.show(block.headers, block.cells, "" if place else title, left)
        below = fitted.below
        for line in below:
            for part in textwrap.wrap(printable(line), (limit or _UNLIMITED) - 2):
                print(f" {part}")


def _without_prefix(table: Table, experiment: str) -> tuple[str, Table]:
    """A title, and the table with names that do not repeat it, nor the settings, which are columns:
    of "softmax/0001-seed=2" the number, of "mlp/0001-s0,seed=2" 0001-s0."""
    names = [row["name"] for row in table.rows]
    prefix = os.path.commonprefix(names)
    prefix = prefix[: prefix.rfind("/") + 1]
    if not prefix.endswith(f"{experiment}/"):
        prefix = ""  # a run that was moved to the directory of another experiment
    rows = [{**row, "name": _short(row["name"][len(prefix) :])} for row in table.rows]
    return prefix.rstrip("/") or experiment, Table(table.columns, rows)


def _short(name: str) -> str:
    numbered = _NUMBERED.fullmatch(name)
    setting = _SETTING.search(numbered[2]) if numbered else None
    if numbered is None or setting is None:
        return name
    return "-".join(filter(None, (numbered[1], numbered[2][: setting.start()])))


def _headers(columns: Sequence[str], metrics: Sequence[str]) -> dict[str, str]:
    """What the columns are called: short, where there is only one metric."""
    headers = {"steps_per_second": "steps/s"}
    if len(metrics) > 1:
        return headers
    own = {f"best/{metrics[0]}": "best", f"best_step/{metrics[0]}": "best step"}
    return headers | own | {column: "±" for column in columns if column.startswith("± ")}
