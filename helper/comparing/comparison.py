"""Runs side by side: which settings differ, what each run reached, and groups of seeds."""

from __future__ import annotations

import difflib
import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from helper.comparing import where
from helper.errors import UsageError
from helper.runs.flag_roles import role
from helper.runs.listing import ListedRun


@dataclass(frozen=True)
class Table:
    """columns: the names in order; rows: a value, or None, for each column."""

    columns: list[str]
    rows: list[dict[str, Any]]


@dataclass(frozen=True)
class Group:
    """Runs that agree on all settings but those that were ignored (usually the seed)."""

    name: str
    settings: dict[str, Any]
    runs: list[ListedRun]


def select(runs: Sequence[ListedRun], condition: str) -> list[ListedRun]:
    """The runs for which a condition holds. Raises UsageError for a name that no run has."""
    holds, names = where.parse(condition)
    if runs:
        for name in names:
            check_field(name, (run.fields for run in runs))
    return [run for run in runs if holds(run.fields)]


def check_field(name: str, rows: Iterable[Mapping[str, Any]]) -> None:
    known = {key for row in rows for key in row}
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        fields = ", ".join(sorted(known))
        hint = f"did you mean {close[0]}?" if close else f"the fields are {fields}"
        raise UsageError(f"no run has a field {name!r}; {hint}")


def differing_settings(runs: Sequence[ListedRun]) -> list[str]:
    """The settings in which the runs differ; a setting that a run lacks differs too."""
    known = [run for run in runs if run.record]
    names = dict.fromkeys(name for run in known for name in run.flags)
    differing = [
        name
        for name in names
        if role(name).decides and len({setting_key(run.flags.get(name)) for run in known}) > 1
    ]
    several = len({run.fields["experiment"] for run in known}) > 1
    return ["experiment"] * several + differing


def run_table(
    runs: Sequence[ListedRun], metrics: Sequence[str], target: float | None = None
) -> Table:
    """A row for each run: the settings that differ, final and best metrics, time, status; and the
    note, where a run has one."""
    settings = differing_settings(runs)
    columns = ["name", *settings]
    for metric in metrics:
        columns += [metric, f"best/{metric}", f"best_step/{metric}"]
    if target is not None:
        columns.append(_target_column(target))
    columns += ["step", "seconds", "steps_per_second", "status"]
    columns += ["note"] * any(run.fields.get("note") for run in runs)
    rows = []
    for run in runs:
        row = {column: run.fields.get(column) for column in columns}
        if target is not None:
            row[_target_column(target)] = seconds_to(target, metrics[0], run)
        rows.append(row)
    return Table(columns, rows)


def seconds_to(target: float, metric: str, run: ListedRun) -> float | None:
    """Training time (s) until a run's curve first reaches the target; None if it never does, or
    if the run does not declare which direction of the metric is better."""
    curve, lower_is_better = run.curve(metric), direction(metric, [run])
    if curve is None or lower_is_better is None:
        return None
    target = float(np.float32(target))  # as event files hold it: 0.95 is reached at 9,500 of 10,000
    reached = curve.value <= target if lower_is_better else curve.value >= target
    return float(curve.seconds[np.argmax(reached)]) if reached.any() else None


def group(runs: Sequence[ListedRun], names: Sequence[str]) -> list[Group]:
    """Group the runs that agree on these settings, or, where every name begins with a minus, on
    all settings but these. Runs on different data, or of different experiments, are never in one
    group. Runs without a record belong to no group.
    """
    known = [run for run in runs if run.record]
    if not known:
        return []
    settings = list(dict.fromkeys(name for run in known for name in run.flags))
    chosen = [name.lstrip("-") for name in names]
    for name in chosen:
        # Every command suggests -seed, and a script of one's own may have no such setting.
        check_field(name, [dict.fromkeys([*settings, "experiment", "seed"])])
    if all(name.startswith("-") for name in names):
        chosen = [name for name in settings if role(name).decides and name not in chosen]
    elif any(name.startswith("-") for name in names):
        raise UsageError("--group_by: either all names begin with a minus, or none")
    found: dict[tuple, list[ListedRun]] = {}
    for run in known:
        own = (run.fields["experiment"], run.data_sha256)
        key = (*own, *(setting_key(run.flags.get(name)) for name in chosen))
        found.setdefault(key, []).append(run)
    differing = [n for n in ("experiment", *chosen) if n in differing_settings(known)]
    several_data = len({run.data_sha256 for run in known}) > 1
    groups = []
    for members in found.values():
        shown = {name: members[0].fields.get(name) for name in differing}
        if several_data:
            shown["data"] = f"{members[0].fields['data']} {str(members[0].data_sha256)[:8]}"
        name = ", ".join(f"{key}={text(value)}" for key, value in shown.items())
        groups.append(Group(name or members[0].fields["experiment"], shown, members))
    return groups


def group_table(
    groups: Sequence[Group], metrics: Sequence[str], target: float | None = None
) -> Table:
    """A row for each group: n, mean and standard deviation (n - 1) of final and best metrics, and
    how its runs ended. Only completed runs count; the time to the target is shown where all of them
    reach it."""
    columns = list(dict.fromkeys(name for g in groups for name in g.settings)) + ["n"]
    for metric in metrics:
        columns += [metric, f"± {metric}", f"best/{metric}", f"± best/{metric}"]
    if target is not None:
        columns.append(_target_column(target))
    columns += ["seconds", "status"]
    rows = []
    for g in groups:
        ended = [run for run in g.runs if run.status == "completed"]
        row: dict[str, Any] = {**g.settings, "n": len(ended)}
        for metric in metrics:
            for key in (metric, f"best/{metric}"):
                row[key], row[f"± {key}"] = mean_and_deviation(run.fields.get(key) for run in ended)
        if target is not None:
            times = [seconds_to(target, metrics[0], run) for run in ended]
            row[_target_column(target)] = None if None in times else mean_and_deviation(times)[0]
        row["seconds"] = mean_and_deviation(run.fields.get("seconds") for run in ended)[0]
        statuses = [run.status for run in g.runs]
        row["status"] = ", ".join(f"{statuses.count(s)} {s}" for s in dict.fromkeys(statuses))
        rows.append({column: row.get(column) for column in columns})
    return Table(columns, rows)


def mean_and_deviation(values: Iterable[Any]) -> tuple[float | None, float | None]:
    """Mean and sample standard deviation of the values that are numbers; None for too few."""
    found = [float(value) for value in values if isinstance(value, (int, float))]
    if not all(math.isfinite(value) for value in found):
        return math.nan, math.nan
    return (
        statistics.fmean(found) if found else None,
        statistics.stdev(found) if len(found) > 1 else None,
    )


def ordered(
    rows: Sequence[Any],
    key: str,
    value_of: Callable[[Any], Any],
    lower_is_better: bool | None = None,
) -> list[Any]:
    """Sorted by a field: the best first for a metric that declares its direction, else ascending;
    "-key" the other way round. Numbers come before text, and what has no value (or nan) comes last
    in either direction."""
    down = (lower_is_better is False) != key.startswith("-")

    def missing(value: Any) -> bool:
        return value is None or (isinstance(value, float) and math.isnan(value))

    present = [row for row in rows if not missing(value_of(row))]
    absent = [row for row in rows if missing(value_of(row))]

    def rank(row: Any) -> tuple[bool, Any]:
        value = value_of(row)
        number = isinstance(value, (int, float))
        return (not number, value if number else text(value))

    return sorted(present, key=rank, reverse=down) + absent


def direction(tag: str, runs: Iterable[ListedRun]) -> bool | None:
    """Whether lower values of a metric ("test/loss", "best/test/loss") are better, as the runs'
    records declare; None where none does, and for what is not a metric."""
    metric = tag.removeprefix("best/").partition("/")[2]
    declared = (run.record.lower_is_better.get(metric) for run in runs if run.record)
    return next((lower for lower in declared if lower is not None), None)


def text(value: Any, column: str = "") -> str:
    """A value as a table shows it: metrics (whose names have a slash) with four decimals, their
    deviations with two significant digits."""
    if value is None:
        return "–"
    if isinstance(value, float):
        if column.startswith("±"):
            return f"{value:.2g}"
        return f"{value:.4f}" if "/" in column and abs(value) >= 1e-3 else f"{value:.4g}"
    if isinstance(value, (list, tuple)):
        return ",".join(str(item) for item in value)
    return str(value)


def _target_column(target: float) -> str:
    return f"seconds to {target:g}"


def setting_key(value: Any) -> str:
    """Equal for equal settings: 1 and 1.0 are, 1 and "1" or true are not."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return repr(value)
