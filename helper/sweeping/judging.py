"""What a run had reached after a number of steps, also where it was trained further since then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from helper.errors import LabError
from helper.runs.listing import ListedRun

# A run is a pure function of its settings: one that diverged would diverge again.
_FINISHED = ("completed", "diverged")


class Rule(NamedTuple):
    """How runs are judged. tag: "validation/accuracy"."""

    tag: str
    lower_is_better: bool


def rule(runs: Sequence[ListedRun]) -> Rule | None:
    """The metric by which all these runs choose their own best, on the validation split; None for
    no runs. Raises LabError where they differ in it or in the data, or are evaluated on the test
    set, which must not choose.
    """
    found: dict[tuple, ListedRun] = {}
    for run in runs:
        if run.record is None or run.record.data is None:
            continue
        record, data = run.record, run.record.data
        lower = record.lower_is_better.get(record.select_by)
        if not data.validation or lower is None:
            lack = "validation split" if lower is not None else f"direction of {record.select_by}"
            raise LabError(f"{run.name} has no {lack}, and --halving cannot judge it")
        found.setdefault((record.score_tag, lower, data.sha256, data.validation), run)
    if len(found) > 1:
        one, other, *_ = found.values()
        raise LabError(
            f"{one.name} and {other.name} differ in their data or in --select_by, and --halving "
            "cannot judge one by the other"
        )
    return next((Rule(tag, lower) for tag, lower, *_ in found), None)


def value_at(run: ListedRun, steps: int) -> float | None:
    """The run's own metric on its watched split after so many steps, as its curve has it (float32);
    None if it was not evaluated then."""
    if run.record is None:
        return None
    tag = run.record.score_tag
    curve = run.curve(tag)
    if curve is not None and steps in curve.step:
        return float(curve.value[np.flatnonzero(curve.step == steps)[-1]])
    # The disk may have been full when the curve was written.
    if run.status == "completed" and run.record.step == steps and tag in run.record.final:
        return float(np.float32(run.record.final[tag]))
    return None


def ended(run: ListedRun, goal: int | None) -> str | None:
    """How a run got to its end, or to `goal` steps: "completed" or "diverged"; None: not yet.

    A run that is on its way to more steps, or diverged on it, had completed those before.
    """
    if goal is None:
        return str(run.status) if run.status in _FINISHED else None
    steps = run.record.steps if run.record else 0
    if run.status == "completed" and steps == goal:
        return "completed"
    if steps > goal and value_at(run, goal) is not None:
        return "completed"
    return "diverged" if run.status == "diverged" else None
