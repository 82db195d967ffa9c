"""The verdicts of a report: the best of several settings against each of the others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from helper.comparing import significance
from helper.comparing.comparison import Group, mean_and_deviation
from helper.comparing.significance import Verdict
from helper.errors import UsageError
from helper.runs.listing import ListedRun
from helper.runs.record import Status

# A page is for reading; each comparison also reads the predictions of all its runs.
MOST = 20


@dataclass(frozen=True)
class Against:
    """`other` against `best`, by places in the list of groups; verdict: None where there can be
    none, and then `reason` says why in one line."""

    best: int
    other: int
    verdict: Verdict | None
    reason: str = ""


def verdicts(groups: Sequence[Group], confidence: float = 0.95) -> list[Against]:
    """The group with the best mean test accuracy against the others, the next best first.

    Two single runs are compared by their answers, groups of several seeds over their seeds; only
    completed runs count, and of more than 20 other groups only the 20 best. Holm's method corrects
    the p-values for the number of comparisons; the intervals are not corrected, nor is
    anything for choosing the best by the same results (that takes all pairs). Raises UsageError
    where there is nothing to compare, and LabError without SciPy; the message is one line.
    """
    sides = [[run for run in group.runs if run.status is Status.COMPLETED] for group in groups]
    if len(groups) < 2:
        raise UsageError("a verdict needs two settings or two runs, and here is one")
    if len(groups) > 2 and max(map(len, sides)) < 2:
        raise UsageError(
            "a verdict on more than two settings needs several seeds of each: train them, and add "
            "--group_by=-seed"
        )
    several = [place for place, side in enumerate(sides) if len(side) > 1]
    order = sorted(range(len(groups)), key=lambda place: -_accuracy(sides[place]))
    best = next(place for place in order if place in several or not several)
    others = [place for place in order if place != best][:MOST]
    judged = [_judged(best, other, sides, confidence) for other in others]
    return _corrected(judged)


def _judged(
    best: int, other: int, sides: Sequence[Sequence[ListedRun]], confidence: float
) -> Against:
    for place in (best, other):
        if not sides[place]:
            return Against(best, other, None, "none of its runs completed")
    try:
        return Against(best, other, significance.judge(sides[best], sides[other], confidence))
    except UsageError as error:
        return Against(best, other, None, str(error))


def _accuracy(runs: Sequence[ListedRun]) -> float:
    """The mean of the final test accuracies, which puts groups without one last."""
    mean = mean_and_deviation(run.fields.get("test/accuracy") for run in runs)[0]
    return -math.inf if mean is None or math.isnan(mean) else mean


def _corrected(judged: Sequence[Against]) -> list[Against]:
    """Holm (Scandinavian Journal of Statistics 6, 1979): of m p-values, the k-th smallest, counted
    from 0, times m - k, but at least what the one before it became, and at most 1."""
    tested = [a.verdict.p_value for a in judged if a.verdict]
    corrected: dict[float, float] = {}
    largest = 0.0
    for k, p_value in enumerate(sorted(tested)):
        largest = max(largest, min(1.0, (len(tested) - k) * p_value))
        corrected.setdefault(p_value, largest)
    return [
        replace(a, verdict=replace(a.verdict, p_value=corrected[a.verdict.p_value]))
        if a.verdict
        else a
        for a in judged
    ]
