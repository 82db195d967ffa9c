"""Several runs, or several settings over their seeds: their order, and which of them are tied.

Needs SciPy.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from helper.comparing.comparison import mean_and_deviation
from helper.comparing.significance import Measured, compare, measure
from helper.comparing.verdict import NO_DIFFERENCE, Verdict, word
from helper.errors import UsageError
from helper.runs.listing import ListedRun

MOST_SIDES = 100  # 4,950 pairs


@dataclass(frozen=True)
class Ranked:
    """One side. rank: 1 for the best, shared by equal means; n: its runs; mean: of their test
    accuracy; deviation: its sample standard deviation (n - 1), None for one run."""

    rank: int
    name: str
    n: int
    mean: float
    deviation: float | None


@dataclass(frozen=True)
class Pair:
    """Two sides, `better` being ahead of `other` in the ranking.

    verdict: `better` against `other`, on its own; p_value: corrected for the number of pairs;
    strict: the confidence at which the pair's test must succeed if no other does (Bonferroni's,
    where Holm's method begins).
    """

    better: str
    other: str
    verdict: Verdict
    p_value: float
    strict: float

    @property
    def word(self) -> str:
        """ "better" or NO_DIFFERENCE, by the corrected p-value."""
        return word(self.verdict.difference, self.p_value, self.verdict.confidence)


@dataclass(frozen=True)
class Ranking:
    """sides: the best first; pairs: all of them, in the order of the sides."""

    confidence: float
    sides: list[Ranked]
    pairs: list[Pair]

    @property
    def against_best(self) -> list[Pair]:
        return [pair for pair in self.pairs if pair.better == self.sides[0].name]

    @property
    def tied_with_best(self) -> list[str]:
        """The sides that the best one cannot be told from."""
        return [pair.other for pair in self.against_best if pair.word == NO_DIFFERENCE]


def rank(sides: Mapping[str, Sequence[ListedRun]], confidence: float = 0.95) -> Ranking:
    """All sides by mean test accuracy, and all pairs, with p-values corrected by Holm's method.

    sides: {name: one run or several seeds of one setting}. Raises UsageError where a comparison
    would not be fair (see `significance.measure`), or there are not 2 to MOST_SIDES sides.
    """
    if not 2 <= len(sides) <= MOST_SIDES:
        raise UsageError(
            f"a ranking takes 2 to {MOST_SIDES} sides, these are {len(sides)}; narrow them with "
            "--where"
        )
    measured = dict(zip(sides, measure(list(sides.values())), strict=True))
    means = {name: _mean(side) for name, side in measured.items()}
    order = sorted(measured, key=lambda name: -means[name])  # equal means stay as they were given
    ranked = [
        Ranked(
            1 + sum(other > means[name] for other in means.values()),
            name,
            len(measured[name].correct),
            means[name],
            mean_and_deviation(measured[name].accuracy.values())[1],
        )
        for name in order
    ]
    both = list(itertools.combinations(order, 2))
    verdicts = [compare(measured[low], measured[high], confidence) for high, low in both]
    corrected = holm([verdict.p_value for verdict in verdicts])
    strict = 1 - (1 - confidence) / len(both)
    pairs = [
        Pair(*names, verdict, p_value, strict)
        for names, verdict, p_value in zip(both, verdicts, corrected, strict=True)
    ]
    return Ranking(confidence, ranked, pairs)


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values corrected for their number: the chance that any of the true null hypotheses is
    rejected at a level is at most that level, however the tests depend on each other.

    Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of
    Statistics 6 (1979): of m p-values the i-th smallest is multiplied by m - i + 1, and made at
    least as large as those before it, at most 1.
    """
    values = np.asarray(p_values, float)
    order = np.argsort(values, kind="stable")
    factors = np.arange(len(values), 0, -1)
    corrected = np.empty_like(values)
    corrected[order] = np.minimum(1, np.maximum.accumulate(values[order] * factors))
    return corrected.tolist()


def _mean(side: Measured) -> float:
    return float(np.mean(list(side.accuracy.values())))
