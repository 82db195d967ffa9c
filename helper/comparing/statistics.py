"""Is one run, or one setting over several seeds, really better than another? (needs SciPy)"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from helper.errors import LabError, UsageError

NO_DIFFERENCE = "no difference that these runs can show"


@dataclass(frozen=True)
class Verdict:
    """The second against the first.

    difference: second minus first accuracy, with its confidence interval `low` to `high` (nan
    where the runs show no spread to judge by); p_value: two-sided; test: its name; n: what was
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
        """The test decides; the interval, from another method, tells the size."""
        if not self.p_value < 1 - self.confidence or self.difference == 0:
            return NO_DIFFERENCE
        return "better" if self.difference > 0 else "worse"


def compare_two(first: np.ndarray, second: np.ndarray, confidence: float = 0.95) -> Verdict:
    """Two trained networks on the same images. first, second: bool [images], True where right.

    McNemar's exact test: were the images that only one network got right shared out like coin
    tosses? The interval is Newcombe's (Statistics in Medicine 17, 1998, method 10).
    """
    stats = _scipy_stats()
    if first.shape != second.shape or first.ndim != 1 or not first.size:
        raise UsageError("the two runs must have answered the same images")
    only_first = int(np.sum(first & ~second))
    only_second = int(np.sum(~first & second))
    discordant = only_first + only_second
    p_value = stats.binomtest(only_second, discordant, 0.5).pvalue if discordant else 1.0
    low, high = paired_interval(
        int(np.sum(second & first)),
        only_second,
        only_first,
        int(np.sum(~first & ~second)),
        confidence,
    )
    return Verdict(
        (only_second - only_first) / first.size,
        low,
        high,
        confidence,
        float(p_value),
        "McNemar's exact test",
        f"{first.size:,} images: {only_first} right in the first only, {only_second} in the second",
        "This compares two trained networks; another seed may turn it round. To compare their "
        "settings, give several seeds of each.",
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
    if set(first) == set(second):
        seeds = sorted(first)
        return compare_paired(
            np.array([first[s] for s in seeds]), np.array([second[s] for s in seeds]), confidence
        )
    return compare_unpaired(
        np.array(list(first.values())), np.array(list(second.values())), confidence
    )


def compare_paired(first: np.ndarray, second: np.ndarray, confidence: float = 0.95) -> Verdict:
    """Paired t-test. first, second: float64 [pairs], the same seed in the same place.

    Where every pair differs by the same amount there is no spread to judge by: then the sign test,
    which asks only how many pairs went the same way, and no interval (nan).
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

    Exact up to 20,000 ways to deal the runs into two groups, else that many at random.
    """
    stats = _scipy_stats()

    def difference_of_means(x: np.ndarray, y: np.ndarray, axis: int) -> np.ndarray:
        return np.mean(x, axis=axis) - np.mean(y, axis=axis)

    deals = math.comb(len(first) + len(second), len(first))
    p_value = stats.permutation_test(
        (second, first), difference_of_means, vectorized=True, n_resamples=20_000, random_state=0
    ).pvalue
    low = high = math.nan
    if np.ptp(first) > 1e-12 or np.ptp(second) > 1e-12:
        interval = stats.ttest_ind(second, first, equal_var=False).confidence_interval(confidence)
        low, high = float(interval.low), float(interval.high)
    smallest = (2 if len(first) == len(second) else 1) / deals
    note = ""
    if smallest >= 1 - confidence:
        note = (
            f"{len(first)} against {len(second)} runs are too few: no outcome could reach "
            f"p < {1 - confidence:.2g} (the smallest possible is {smallest:.2g})."
        )
    return Verdict(
        float(np.mean(second) - np.mean(first)),
        low,
        high,
        confidence,
        float(p_value),
        "permutation test over seeds",
        f"{len(first)} against {len(second)} runs",
        note,
    )


def _scipy_stats():
    """SciPy takes a second to import: only a verdict pays for it."""
    try:
        from scipy import stats
    except ImportError as error:
        raise LabError("a verdict needs SciPy: pip install scipy") from error
    return stats
