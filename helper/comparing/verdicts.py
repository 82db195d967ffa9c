"""The verdicts of a report: the best of several settings against each of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from helper.comparing import ranking, significance
from helper.comparing.comparison import Group
from helper.comparing.verdict import Verdict
from helper.errors import UsageError
from helper.runs.listing import ListedRun
from helper.runs.record import Status

MOST = 20  # settings besides the best: a page is for reading


@dataclass(frozen=True)
class Against:
    """`other` against `best`, by places in the list of groups; verdict: None where there can be
    none, and then `reason` says why in one line; confidence: at which the pair's test must succeed
    if no other does."""

    best: int
    other: int
    verdict: Verdict | None
    reason: str = ""
    confidence: float = 0.95


@dataclass(frozen=True)
class Verdicts:
    """against: the next best first, then what cannot be judged; comparisons: those for which the
    p-values are corrected; left_out: settings that come after these."""

    against: list[Against]
    comparisons: int
    left_out: int = 0


def verdicts(groups: Sequence[Group], confidence: float = 0.95) -> Verdicts:
    """The group with the best mean test accuracy against the others.

    Two single runs are compared by their answers, groups of several seeds over their seeds, as
    ``ranking.rank`` does, with its correction for all pairs; only completed runs count. Raises
    UsageError where there is nothing to compare, and LabError without SciPy; the message is one
    line.
    """
    sides = [[run for run in group.runs if run.status is Status.COMPLETED] for group in groups]
    if len(groups) < 2:
        raise UsageError("a verdict needs two settings or two runs, and here is one")
    if len(groups) == 2 and len(sides[0]) == len(sides[1]) == 1:
        return Verdicts([_two_runs(sides, confidence)], 1)
    several = {place: side for place, side in enumerate(sides) if len(side) > 1}
    if len(several) < 2:
        raise UsageError(
            "a verdict on settings needs several completed seeds of each: train them, and add "
            "--group_by=-seed"
        )
    found = ranking.rank({str(place): side for place, side in several.items()}, confidence)
    best = int(found.sides[0].name)
    against = [
        Against(best, int(pair.other), _of_the_other(pair), confidence=pair.strict)
        for pair in found.against_best
    ]
    against += [
        Against(best, place, None, "one completed run" if side else "none of its runs completed")
        for place, side in enumerate(sides)
        if place not in several
    ]
    return Verdicts(against[:MOST], len(found.pairs), max(0, len(against) - MOST))


def _two_runs(sides: Sequence[Sequence[ListedRun]], confidence: float) -> Against:
    verdict = significance.judge(sides[0], sides[1], confidence)
    if verdict.difference <= 0:
        return Against(0, 1, verdict, confidence=confidence)
    other_way = significance.judge(sides[1], sides[0], confidence)
    return Against(1, 0, other_way, confidence=confidence)


def _of_the_other(pair: ranking.Pair) -> Verdict:
    """The verdict on a pair from the side of the one that is not better, corrected."""
    ahead = pair.verdict
    return replace(
        ahead,
        difference=-ahead.difference,
        low=-ahead.high,
        high=-ahead.low,
        p_value=pair.p_value,
    )
