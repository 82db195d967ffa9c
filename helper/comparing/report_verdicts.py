"""The verdicts of one section of a report, in words and numbers that a page can show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from helper.comparing.comparison import Group
from helper.comparing.power import MOST_SEEDS
from helper.comparing.verdict import NO_DIFFERENCE, Verdict
from helper.comparing.verdicts import Against, verdicts
from helper.errors import LabError


def shown_verdicts(
    groups: Sequence[Group], labels: Sequence[str], confidence: float
) -> dict[str, Any]:
    """{"lead": a sentence, "columns": …, "rows": cells as text, "notes": sentences}; without a
    verdict the sentence says why, and there are no rows. labels: what to call the groups."""
    try:
        found = verdicts(groups, confidence)
    except LabError as error:
        return _sentence(f"No verdict: {error}.")
    against = found.against
    judged = [pair.verdict for pair in against if pair.verdict]
    notes = [*dict.fromkeys(verdict.note for verdict in judged if verdict.note)]
    if found.comparisons > 1:
        notes.append(
            f"Holm's method corrects the p-values for all {found.comparisons} comparisons of two "
            "settings; the intervals are not corrected."
        )
    if found.left_out:
        notes.append(f"Not shown: {found.left_out} more with lower accuracy.")
    tests = dict.fromkeys(f"{verdict.test}: {verdict.n}" for verdict in judged)
    if len(judged) == 1 and "first" in judged[0].n:
        notes.insert(0, f"First: {labels[against[0].best]}. Second: {labels[against[0].other]}.")
    return {
        "lead": _lead(against, labels),
        "columns": [
            "setting",
            "verdict",
            "points against the best",
            f"{confidence:.0%} interval",
            "p",
            "smallest visible",
            "seeds to settle it",
        ],
        "rows": [_row(pair, labels) for pair in against],
        "notes": [f"{test[0].upper()}{test[1:]}." for test in tests] + notes,
    }


def _sentence(sentence: str) -> dict[str, Any]:
    return {"lead": sentence, "columns": [], "rows": [], "notes": []}


def _lead(found: Sequence[Against], labels: Sequence[str]) -> str:
    """The best, and what the runs cannot tell from it."""
    tied, word = [], ""
    for against in found:
        if against.verdict and against.verdict.word not in ("better", "worse"):
            tied.append(labels[against.other])
            word = against.verdict.word
    lead = f"Highest test accuracy: {labels[found[0].best]}."
    if not tied:
        return lead
    names = "; ".join(tied[:5]) + (f"; and {len(tied) - 5} more" if len(tied) > 5 else "")
    return f"{lead} Tied with it ({word}): {names}."


def _row(against: Against, labels: Sequence[str]) -> list[str]:
    verdict, label = against.verdict, labels[against.other]
    if verdict is None:
        return [label, against.reason, *[""] * 5]
    low, high = (f"{100 * bound:+.2f}" for bound in (verdict.low, verdict.high))
    interval = "–" if math.isnan(verdict.low) else f"{low} to {high}"
    difference = f"{100 * verdict.difference:+.2f}"
    shown = [label, verdict.word, difference, interval, f"{verdict.p_value:.2g}"]
    return [*shown, *_could_show(verdict, against.confidence)]


def _could_show(verdict: Verdict, confidence: float) -> list[str]:
    """Of no difference: the smallest one that these runs show with 80 % power, and how many seeds
    would settle the one that was seen."""
    if verdict.word != NO_DIFFERENCE or verdict.design is None:
        return ["", ""]
    smallest = verdict.design.smallest_difference(confidence)
    seeds = verdict.design.seeds_to_settle(verdict.difference, confidence)
    return [
        "none" if smallest is None or smallest > 1 else f"{100 * smallest:.2f}",
        "–" if seeds is None else f"{seeds:,}" if seeds <= MOST_SEEDS else f"> {MOST_SEEDS:,}",
    ]
