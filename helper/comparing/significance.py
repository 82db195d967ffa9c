"""Is one run, or one setting over several seeds, better than another on the same test images?

Needs SciPy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from helper.comparing.comparison import differing_settings
from helper.errors import LabError, UsageError
from helper.runs.listing import ListedRun, load_predictions

NO_DIFFERENCE = "no difference that these runs can show"


@dataclass(frozen=True)
class Verdict:
    """The second against the first.

    difference: second minus first accuracy, with its confidence interval `low` to `high` (nan
    where the runs do not vary enough to give one); p_value: two-sided; test: its name; n: what was
    paired or counted, in words; note: what the numbers do not say.
    """

    difference: float
    low: float
    high: float
    confidence: float
    p_value: float
    test: str
    n: str
    note: str = ""

    @property
    def word(self) -> str:
        """The test decides; the interval, from another method, gives the size."""
        if not self.p_value < 1 - self.confidence or self.difference == 0:
            return NO_DIFFERENCE
        return "better" if self.difference > 0 else "worse"

    def sentences(self, first: str, second: str) -> list[str]:
        """The verdict for a reader. first, second: what the two sides are called."""
        interval = f"{self.confidence:.0%} interval {_points(self.low)} to {_points(self.high)}"
        if math.isnan(self.low):
            interval = "no interval: the runs vary too little"
        word = self.word
        return [
            f"first:  {first}",
            f"second: {second}",
            f"test accuracy, second minus first: {_points(self.difference)} points ({interval})",
            f"{self.test}: p = {self.p_value:.2g} ({self.n})",
            f"verdict: {word}" if word == NO_DIFFERENCE else f"verdict: the second is {word}",
            *([self.note] if self.note else []),
        ]


def judge(
    first: Sequence[ListedRun], second: Sequence[ListedRun], confidence: float = 0.95
) -> Verdict:
    """The second against the first: two runs by their answers, two groups over their seeds.

    Raises UsageError where the comparison would not be fair: different data or labels, a run on
    both sides, several settings on one side, a run without predictions.
    """
    both = {run.name for run in first} & {run.name for run in second}
    if both:
        raise UsageError(f"{min(both)} is on both sides")
    if len(first) != len(second) and min(len(first), len(second)) == 1:
        raise UsageError(
            f"cannot judge {len(first)} against {len(second)} runs: give one run on each side, or "
            "several seeds on each"
        )
    seeds = [*_seeds(first), *_seeds(second)]
    correct = _correct_answers([*first, *second])
    if len(first) == 1:
        return compare_two(correct[0], correct[1], confidence)
    accuracy = [(seed, float(np.mean(c))) for seed, c in zip(seeds, correct, strict=True)]
    cut = len(first)
    return compare_groups(dict(accuracy[:cut]), dict(accuracy[cut:]), confidence)


def _seeds(side: Sequence[ListedRun]) -> list[Any]:
    """The seeds of one side, which must be runs of one setting, each with a seed of its own."""
    mixed = [name for name in differing_settings(side) if name != "seed"]
    if mixed:
        raise UsageError(
            f"the runs of one side differ in {', '.join(mixed)}; narrow it to one setting "
            f"({side[0].name} … {side[-1].name})"
        )
    seeds = [run.fields.get("seed") for run in side]
    for run, seed in zip(side, seeds, strict=True):
        if len(side) > 1 and not isinstance(seed, int):
            raise UsageError(f"{run.name} does not record its seed")
        if seeds.count(seed) > 1:
            raise UsageError(f"two runs of one side have seed {seed}: they are the same run twice")
    return seeds


def _correct_answers(runs: Sequence[ListedRun]) -> list[np.ndarray]:
    """Whether each run answered each test image correctly: bool [images] for each run."""
    answers = [load_predictions(run) for run in runs]
    for run, (_, label) in zip(runs, answers, strict=True):
        if run.data_sha256 != runs[0].data_sha256:
            raise UsageError(f"{run.name} and {runs[0].name} were trained on different data")
        if not np.array_equal(label, answers[0][1]):
            raise UsageError(f"{run.name} and {runs[0].name} were tested on different labels")
    return [predicted == label for predicted, label in answers]


def compare_two(first: np.ndarray, second: np.ndarray, confidence: float = 0.95) -> Verdict:
    """Two trained networks on the same images. first, second: bool [images], True where correct.

    McNemar's exact test: were the images that only one network got right shared out like coin
    tosses? The interval is Newcombe's (Statistics in Medicine 17, 1998, method 10).
    """
    stats = _scipy_stats()
    if first.shape != second.shape or first.ndim != 1 or not first.size:
        raise UsageError("the two runs must have answered the same images")
    both, neither = int(np.sum(first & second)), int(np.sum(~first & ~second))
    only_first, only_second = int(np.sum(first & ~second)), int(np.sum(~first & second))
    discordant = only_first + only_second
    p_value = stats.binomtest(only_second, discordant, 0.5).pvalue if discordant else 1.0
    low, high = paired_interval(both, only_second, only_first, neither, confidence)
    return Verdict(
        (only_second - only_first) / first.size,
        low,
        high,
        confidence,
        float(p_value),
        "McNemar's exact test",
        f"{first.size:,} images: {only_first} right in the first only, {only_second} in the second",
        "This compares two trained networks; with another seed it may be the other way round. To "
        "compare their settings, give several seeds of each.",
    )


def paired_interval(
    both: int, only_first: int, only_second: int, neither: int, confidence: float = 0.95
) -> tuple[float, float]:
    """Newcombe's score interval for the difference of two paired proportions, first minus second.

    The counts are the four cells of the paired table. It combines the two Wilson intervals
    (SciPy's) with the correlation of the table, continuity-corrected where it is positive.
    """
    stats = _scipy_stats()
    n = both + only_first + only_second + neither
    margins = (both + only_first, both + only_second)
    intervals = [stats.binomtest(k, n).proportion_ci(confidence, method="wilson") for k in margins]
    p1, p2 = (k / n for k in margins)
    down1, up1 = p1 - intervals[0].low, intervals[0].high - p1
    down2, up2 = p2 - intervals[1].low, intervals[1].high - p2
    covariance: float = both * neither - only_first * only_second
    if covariance > 0:
        covariance = max(covariance - n / 2, 0.0)
    product = math.prod(float(k) * (n - k) for k in margins)
    phi = covariance / math.sqrt(product) if product else 0.0
    low = p1 - p2 - math.sqrt(down1**2 - 2 * phi * down1 * up2 + up2**2)
    high = p1 - p2 + math.sqrt(up1**2 - 2 * phi * up1 * down2 + down2**2)
    return low, high


def compare_groups(
    first: dict[int, float], second: dict[int, float], confidence: float = 0.95
) -> Verdict:
    """Two settings over several seeds. first, second: {seed: test accuracy}, two or more each.

    With the same seeds in both, the runs are paired (equal seeds start from equal weights and see
    equal batches): paired t-test. Otherwise: permutation test of the difference of means, and
    Welch's interval. Raises UsageError for fewer than two seeds in a group.
    """
    if min(len(first), len(second)) < 2:
        raise UsageError("a verdict on groups needs at least two seeds in each")
    x, y = (np.array([side[seed] for seed in sorted(side)]) for side in (first, second))
    if set(first) == set(second):
        return compare_paired(x, y, confidence)
    return compare_unpaired(x, y, confidence)


def compare_paired(first: np.ndarray, second: np.ndarray, confidence: float = 0.95) -> Verdict:
    """Paired t-test. first, second: float64 [pairs], the same seed at the same index.

    Where every pair differs by the same amount there is no variance to test against: then the sign
    test, which asks only how many pairs went the same way, and no interval (nan).
    """
    stats = _scipy_stats()
    change = second - first
    n = f"{len(change)} pairs of runs with the same seed"
    if np.ptp(change) < 1e-12:
        same_way = len(change) if abs(change[0]) > 1e-12 else 0
        p_value = stats.binomtest(same_way, same_way, 0.5).pvalue if same_way else 1.0
        test, low, high = "sign test over seeds", math.nan, math.nan
    else:
        result = stats.ttest_rel(second, first)
        interval = result.confidence_interval(confidence)
        test, p_value = "paired t-test over seeds", result.pvalue
        low, high = float(interval.low), float(interval.high)
    return Verdict(float(np.mean(change)), low, high, confidence, float(p_value), test, n)


def compare_unpaired(first: np.ndarray, second: np.ndarray, confidence: float = 0.95) -> Verdict:
    """Permutation test of the difference of means. first [n], second [m]: float64.

    Exact up to 20,000 ways to divide the runs into two groups, else that many at random.
    """
    stats = _scipy_stats()

    def difference_of_means(x: np.ndarray, y: np.ndarray, axis: int) -> np.ndarray:
        return np.mean(x, axis=axis) - np.mean(y, axis=axis)

    p_value = stats.permutation_test(
        (second, first), difference_of_means, vectorized=True, n_resamples=20_000, random_state=0
    ).pvalue
    low = high = math.nan
    if np.ptp(first) > 1e-12 or np.ptp(second) > 1e-12:
        interval = stats.ttest_ind(second, first, equal_var=False).confidence_interval(confidence)
        low, high = float(interval.low), float(interval.high)
    n = f"{len(first)} against {len(second)} runs"
    smallest = 2 / math.comb(len(first) + len(second), len(first))  # one division, on either side
    note = ""
    if smallest >= 1 - confidence:
        note = (
            f"{n} are too few: no outcome could reach p < {1 - confidence:.2g} "
            f"(the smallest possible is {smallest:.2g})."
        )
    difference, test = float(np.mean(second) - np.mean(first)), "permutation test over seeds"
    return Verdict(difference, low, high, confidence, float(p_value), test, n, note)


def _points(share: float) -> str:
    return f"{100 * share:+.2f}"


def _scipy_stats():
    """SciPy takes a second to import: only a verdict pays for it."""
    try:
        from scipy import stats
    except ImportError as error:
        raise LabError("a verdict needs SciPy: pip install scipy") from error
    return stats
