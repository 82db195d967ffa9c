"""Which of several groups of seeds, or runs, is better, and is that real?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from helper.board.catalogue import Catalogue
from helper.board.requests import BadRequest, Body, names, text
from helper.comparing import verdict_text
from helper.comparing.agreeing import Agreement, deciding_settings, why_unusable
from helper.comparing.power import Design
from helper.comparing.ranking import MOST_SIDES, Ranking, rank
from helper.comparing.significance import judge
from helper.comparing.verdict import NO_DIFFERENCE, Verdict, could_show, percent, points, word
from helper.errors import UsageError
from helper.runs.listing import ListedRun

_MOST_DESIGNS = 100  # each of these takes some milliseconds
Side = tuple[str, list[ListedRun]]


class Compared(NamedTuple):
    """The second side against the first. p_value: corrected for the number of pairs; strict: the
    confidence that this correction asks for at first."""

    first: str
    second: str
    verdict: Verdict
    p_value: float
    strict: float

    @property
    def word(self) -> str:
        return word(self.verdict.difference, self.p_value, self.verdict.confidence)


def verdict(catalogue: Catalogue, body: Body) -> dict[str, Any]:
    """All sides in order, and every pair of them: two in the order in which they were given, more
    with the better one second."""
    confidence = body.get("confidence", 0.95)
    if not isinstance(confidence, (int, float)) or not 0.5 <= confidence <= 0.9999:
        raise BadRequest("confidence must be a number from 0.5 to 0.9999")
    notes: list[str] = []
    sides = _fair([_usable(side, notes) for side in _sides(catalogue, body)], notes)
    ranking = rank(dict(sides), confidence)
    if len(sides) == 2:
        (first, one), (second, other) = sides
        judged = judge(one, other, confidence)
        pairs = [Compared(first, second, judged, judged.p_value, confidence)]
    else:
        pairs = [
            Compared(pair.other, pair.better, pair.verdict, pair.p_value, pair.strict)
            for pair in ranking.pairs
        ]
        notes.append(
            f"p is corrected for {len(pairs)} pairs by Holm's method; each interval is for its "
            "pair alone"
        )
    notes += dict.fromkeys(pair.verdict.note for pair in pairs if pair.verdict.note)
    return {
        "ranking": [
            {
                "label": side.name,
                "n": side.n,
                "mean": side.mean,
                "deviation": side.deviation,
                "rank": side.rank,
                "runs": [run.name for run in dict(sides)[side.name]],
            }
            for side in ranking.sides
        ],
        "pairs": [_pair(pair, place < _MOST_DESIGNS) for place, pair in enumerate(pairs)],
        "confidence": confidence,
        "sentence": _sentence(ranking, pairs),
        "notes": notes,
    }


def _sides(catalogue: Catalogue, body: Body) -> list[Side]:
    given = body.get("sides")
    if not isinstance(given, list) or not all(isinstance(side, dict) for side in given):
        raise BadRequest("sides must be a list of objects with label and runs")
    if not 2 <= len(given) <= MOST_SIDES:
        raise BadRequest(f"a verdict takes 2 to {MOST_SIDES} sides")
    labels = [text(side, "label") for side in given]
    for label in labels:
        if labels.count(label) > 1:
            raise BadRequest(f"two sides are called {label[:100]!r}")
    return [
        (label, catalogue.named(names(side, "runs")))
        for label, side in zip(labels, given, strict=True)
    ]


def _usable(side: Side, notes: list[str]) -> Side:
    """Without the runs that can take no part, each with a line why."""
    label, runs = side
    why = {run.name: why_unusable(run) for run in runs}
    kept = [run for run in runs if not why[run.name]]
    out = [f"{name} ({reason})" for name, reason in why.items() if reason]
    if not kept:
        about = f": {', '.join(out[:3])}" if out else ""
        raise UsageError(f"{label} has no completed run with predictions{about}")
    if out:
        more = f" and {len(out) - 3} more" if len(out) > 3 else ""
        notes.append(f"left out: {', '.join(out[:3])}{more}")
    return label, kept


def _fair(sides: Sequence[Side], notes: list[str]) -> list[Side]:
    """One run for each seed, and the same seeds on all sides where that leaves enough."""
    every = [run for _, runs in sides for run in runs]
    free = {"experiment", *deciding_settings(every)}
    labels = [label for label, _ in sides]
    agreement = Agreement(every, free)
    found = agreement.combinations(labels, [runs for _, runs in sides])
    if len(found) != 1:  # `rank` says what is wrong with such sides
        return list(sides)
    for why, out in found[0].left_out.items():
        shown = ", ".join(out) if len(out) <= 3 else f"{len(out)} runs"
        notes.append(f"left out: {shown} ({why})")
    return list(zip(labels, found[0].sides, strict=True))


def _pair(pair: Compared, whole: bool) -> dict[str, Any]:
    found = pair.verdict
    design = found.design if whole else None
    return {
        "first": pair.first,
        "second": pair.second,
        "difference": found.difference,
        "low": _number(found.low),
        "high": _number(found.high),
        "p": found.p_value,
        "p_corrected": pair.p_value,
        "test": found.test,
        "n": found.n,
        "verdict": pair.word,
        "sentence": _said(pair),
        "visible": _smallest(design, pair.strict),
        "seeds_needed": design.seeds_to_settle(found.difference, pair.strict) if design else None,
        "could_show": could_show(design, found.difference, pair.strict) if design else "",
        "tied": pair.word == NO_DIFFERENCE,
    }


def _said(pair: Compared) -> str:
    """The verdict on a pair, in one sentence."""
    found = pair.verdict
    size = f"{points(found.difference)} points of test accuracy"
    if math.isfinite(found.low):
        interval = f"{points(found.low)} to {points(found.high)}"
        size += f" ({percent(found.confidence)} interval {interval})"
    if pair.word == NO_DIFFERENCE:
        return f"{pair.second} against {pair.first}: {NO_DIFFERENCE}; {size}"
    return f"{pair.second} is {pair.word} than {pair.first}: {size}"


def _sentence(ranking: Ranking, pairs: Sequence[Compared]) -> str:
    if len(pairs) == 1:
        return _said(pairs[0])
    return verdict_text.sentence(ranking).removeprefix("verdict: ")


def _smallest(design: Design | None, confidence: float) -> float | None:
    least = design.smallest_difference(confidence) if design else None
    return None if least is None or least > 1 else least


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
