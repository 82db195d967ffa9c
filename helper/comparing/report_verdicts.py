"""The verdicts of one section of a report, in words and numbers that a page can show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from helper.comparing.comparison import Group
from helper.comparing.verdicts import MOST, Against, verdicts
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
    reasons = {against.reason for against in found}
    if not any(against.verdict for against in found) and len(reasons) == 1:
        return _sentence(f"No verdict: {reasons.pop()}.")
    judged = [against.verdict for against in found if against.verdict]
    notes = [*dict.fromkeys(verdict.note for verdict in judged if verdict.note)]
    if len(judged) > 1:
        notes.append(
            f"Holm's method corrects the p-values for {len(judged)} comparisons; the intervals "
            "are not corrected. Nothing corrects for choosing the best by the same results, so "
            "close calls are less certain than they look."
        )
    if len(groups) - 1 > MOST:
        notes.append(f"Compared with the {MOST} next best of {len(groups) - 1}.")
    tests = dict.fromkeys(f"{verdict.test}: {verdict.n}" for verdict in judged)
    if len(judged) == 1 and "first" in judged[0].n:
        notes.insert(0, f"First: {labels[found[0].best]}. Second: {labels[found[0].other]}.")
    return {
        "lead": _lead(found, labels),
        "columns": [
            "setting",
            "verdict",
            "points against the best",
            f"{confidence:.0%} interval",
            "p",
        ],
        "rows": [_row(against, labels) for against in found],
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
        return [label, against.reason, "", "", ""]
    low, high = (f"{100 * bound:+.2f}" for bound in (verdict.low, verdict.high))
    interval = "–" if math.isnan(verdict.low) else f"{low} to {high}"
    difference = f"{100 * verdict.difference:+.2f}"
    return [label, verdict.word, difference, interval, f"{verdict.p_value:.2g}"]
