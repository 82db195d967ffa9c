"""What a test found, as numbers and in words."""

from __future__ import annotations

import math
from dataclasses import dataclass

from helper.comparing.power import MOST_SEEDS, POWER, Design

NO_DIFFERENCE = "no difference that these runs can show"


@dataclass(frozen=True)
class Verdict:
    """The second against the first.

    difference: second minus first accuracy, with its confidence interval `low` to `high` (nan
    where the runs do not vary enough to give one); p_value: two-sided; test: its name; n: what was
    paired or counted, in words; note: what the numbers do not say; design: what the test could
    have seen.
    """

    difference: float
    low: float
    high: float
    confidence: float
    p_value: float
    test: str
    n: str
    note: str = ""
    design: Design | None = None

    @property
    def word(self) -> str:
        """The test decides; the interval, from another method, gives the size."""
        return word(self.difference, self.p_value, self.confidence)

    def sentences(self, first: str, second: str) -> list[str]:
        """The verdict for a reader. first, second: what the two sides are called."""
        interval = f"{percent(self.confidence)} interval {points(self.low)} to {points(self.high)}"
        if math.isnan(self.low):
            interval = "no interval: the runs vary too little"
        found = self.word
        seen = ""
        if found == NO_DIFFERENCE and self.design is not None:
            seen = could_show(self.design, self.difference, self.confidence)
        return [
            f"first:  {first}",
            f"second: {second}",
            f"test accuracy, second minus first: {points(self.difference)} points ({interval})",
            f"{self.test}: p = {self.p_value:.2g} ({self.n})",
            f"verdict: {found}" if found == NO_DIFFERENCE else f"verdict: the second is {found}",
            *filter(None, (seen, self.note)),
        ]


def word(difference: float, p_value: float, confidence: float) -> str:
    """Better, worse or NO_DIFFERENCE."""
    if not p_value < 1 - confidence or difference == 0:
        return NO_DIFFERENCE
    return "better" if difference > 0 else "worse"


def could_show(design: Design, difference: float, confidence: float) -> str:
    """What a test that showed no difference could have shown, and what would settle it."""
    at = f"{percent(confidence)} confidence"
    smallest = design.smallest_difference(confidence)
    seeds = design.seeds_to_settle(difference, confidence)
    said = []
    if smallest is None or smallest > 1:
        said.append(f"these runs cannot show any difference at {at}")
    elif smallest > 0:
        said.append(
            f"the smallest difference these runs show with {POWER:.0%} power at {at} is "
            f"{100 * smallest:.2f} points"
        )
    if abs(difference) < 1e-12:
        said.append("the observed difference is zero, which no number of seeds would settle")
    elif seeds is not None:
        about = f"more than {MOST_SEEDS:,}" if seeds > MOST_SEEDS else f"about {seeds:,}"
        said.append(
            f"{about} seeds on each side would settle the observed {100 * abs(difference):.2f}"
        )
    return "; ".join(said)


def points(share: float) -> str:
    """A difference of shares in points, with its sign."""
    return f"{100 * share:+.2f}"


def percent(confidence: float) -> str:
    """95%, 98.33%, 99.9995%: as many digits as what is missing to 100% takes."""
    digits = 2 - math.floor(math.log10(100 * (1 - confidence)))
    return f"{100 * confidence:.{max(digits, 0)}f}".rstrip("0").rstrip(".") + "%"
