"""Two trained networks on the same images. Needs SciPy."""

from __future__ import annotations

import math

import numpy as np

from helper.comparing.power import TwoNetworks
from helper.comparing.scipy_stats import scipy_stats
from helper.comparing.verdict import Verdict
from helper.errors import UsageError


def compare_two(first: np.ndarray, second: np.ndarray, confidence: float = 0.95) -> Verdict:
    """Two trained networks on the same images. first, second: bool [images], True where correct.

    McNemar's exact test: were the images that only one network got right shared out like coin
    tosses? The interval is Newcombe's (Statistics in Medicine 17, 1998, method 10).
    """
    stats = scipy_stats()
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
        TwoNetworks(discordant, first.size),
    )


def paired_interval(
    both: int, only_first: int, only_second: int, neither: int, confidence: float = 0.95
) -> tuple[float, float]:
    """Newcombe's score interval for the difference of two paired proportions, first minus second.

    The counts are the four cells of the paired table. It combines the two Wilson intervals
    (SciPy's) with the correlation of the table, continuity-corrected where it is positive.
    """
    stats = scipy_stats()
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
