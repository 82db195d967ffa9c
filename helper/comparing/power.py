"""What could a test have seen? The smallest difference it shows, and the seeds that a smaller one
would take.

Differences are shares of the test images (0.01 is one point), as are deviations. Needs SciPy.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

POWER = 0.8  # the chance to see a difference that is there
MOST_SEEDS = 10_000
_ZERO = 1e-12


class Design(Protocol):
    """A test, with what the runs at hand tell about its noise.

    A true difference of `smallest_difference` is found with a chance of POWER (None: no outcome at
    all could be significant; 0: there is no noise, so any difference shows). `seeds_to_settle` is
    about how many seeds on each side give a true difference of this size that chance, MOST_SEEDS
    + 1 for more than MOST_SEEDS (None: more seeds do not help, as for a difference of zero).
    """

    def smallest_difference(self, confidence: float) -> float | None: ...

    def seeds_to_settle(self, difference: float, confidence: float) -> int | None: ...


@dataclass(frozen=True)
class PairedSeeds:
    """The paired t-test of `n` seeds. deviation: of the differences by seed (with n - 1).

    Under a true difference d, t has the noncentral t distribution with n - 1 degrees of freedom and
    noncentrality d √n / deviation: Cohen, Statistical Power Analysis for the Behavioral Sciences
    (1988), chapter 2. Without any deviation the sign test takes its place: n equal signs have
    p = 2 / 2ⁿ.
    """

    n: int
    deviation: float

    def smallest_difference(self, confidence: float) -> float | None:
        if self.deviation < _ZERO:
            return 0.0 if 2.0 ** (1 - self.n) < 1 - confidence else None
        noncentrality = _noncentrality(self.n - 1, confidence)
        return noncentrality * self.deviation / math.sqrt(self.n)

    def seeds_to_settle(self, difference: float, confidence: float) -> int | None:
        if abs(difference) < _ZERO:
            return None
        if self.deviation < _ZERO:
            return _first(lambda n: 2.0 ** (1 - n) < 1 - confidence)
        return _first(lambda n: self._chance(n, difference, confidence) >= POWER)

    def _chance(self, n: int, difference: float, confidence: float) -> float:
        noncentrality = abs(difference) * math.sqrt(n) / self.deviation
        return t_test_power(noncentrality, n - 1, confidence)


@dataclass(frozen=True)
class SeparateSeeds:
    """The permutation test of `n` against `m` runs, by the t-test of two samples, to which it comes
    close. deviation: within the two groups, pooled.

    The noncentrality is d / (deviation √(1/n + 1/m)), with n + m - 2 degrees of freedom: Cohen,
    Statistical Power Analysis for the Behavioral Sciences (1988), chapter 2. Few runs can be
    divided in few ways only, of which the most extreme two have p = 2 / C(n + m, n).
    """

    n: int
    m: int
    deviation: float

    def smallest_difference(self, confidence: float) -> float | None:
        if not _ways_suffice(self.n, self.m, confidence):
            return None
        noncentrality = _noncentrality(self.n + self.m - 2, confidence)
        return noncentrality * self.deviation * math.sqrt(1 / self.n + 1 / self.m)

    def seeds_to_settle(self, difference: float, confidence: float) -> int | None:
        if abs(difference) < _ZERO:
            return None

        def enough(n: int) -> bool:
            # As many as there are in the smaller group did not settle it.
            more = n > min(self.n, self.m) and _ways_suffice(n, n, confidence)
            return more and self._chance(n, n, difference, confidence) >= POWER

        return _first(enough)

    def _chance(self, n: int, m: int, difference: float, confidence: float) -> float:
        if self.deviation < _ZERO:
            return 1.0
        noncentrality = abs(difference) / (self.deviation * math.sqrt(1 / n + 1 / m))
        return t_test_power(noncentrality, n + m - 2, confidence)


@dataclass(frozen=True)
class TwoNetworks:
    """McNemar's exact test of two networks that differ in being right on `discordant` of `images`.

    Given the discordant images, those that the better network gets right are binomial: Connor,
    Sample size for testing differences in proportions for the paired-sample design, Biometrics 43
    (1987), who calls this the conditional power. Seeds do not change two networks.
    """

    discordant: int
    images: int

    def smallest_difference(self, confidence: float) -> float | None:
        from scipy.optimize import brentq

        least = self._least(confidence)
        if least is None:
            return None
        share = brentq(lambda share: self._chance(share, least) - POWER, 0.5, 1, xtol=1e-9)
        return self.discordant * (2 * share - 1) / self.images

    def seeds_to_settle(self, difference: float, confidence: float) -> int | None:
        return None

    def _least(self, confidence: float) -> int | None:
        """How many discordant images the better network must get right to be called better."""
        from scipy.stats import binom

        n = self.discordant
        if n == 0 or 2 * 0.5**n >= 1 - confidence:
            return None
        # Half of them always has p = 1, all of them was just seen to be enough.
        return _first(lambda k: 2 * binom.sf(k - 1, n, 0.5) < 1 - confidence, n // 2 + 1, n)

    def _chance(self, share: float, least: int) -> float:
        from scipy.stats import binom

        n = self.discordant
        return float(binom.sf(least - 1, n, share) + binom.cdf(n - least, n, share))


def t_test_power(noncentrality: float, degrees: int, confidence: float) -> float:
    """The chance that a two-sided t-test at this confidence is significant, on either side.

    This is the noncentral t distribution beyond both critical values, from its definition as
    (Z + noncentrality) / √(V / degrees), with Z normal and V chi-squared, summed over Z: SciPy's
    `nct` gives nan for few degrees of freedom.
    """
    from scipy.special import gammainc
    from scipy.stats import t

    z, step = np.linspace(-8.5, 8.5, 2_001, retstep=True)
    critical = t.isf((1 - confidence) / 2, degrees)
    most = degrees * ((z + noncentrality) / critical) ** 2
    density = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    return float(np.sum(density * gammainc(degrees / 2, most / 2)) * step)


def _noncentrality(degrees: int, confidence: float) -> float:
    """The noncentrality at which a t-test has the chance POWER."""
    from scipy.optimize import brentq

    high = 1.0
    while t_test_power(high, degrees, confidence) < POWER:
        high *= 2
    return float(brentq(lambda nc: t_test_power(nc, degrees, confidence) - POWER, 0, high))


def _ways_suffice(n: int, m: int, confidence: float) -> bool:
    return 2 / math.comb(n + m, n) < 1 - confidence


def _first(holds: Callable[[int], bool], low: int = 2, high: int = MOST_SEEDS) -> int:
    """The first whole number from low to high for which a condition holds; it must also hold for
    all larger ones. high + 1 if there is none."""
    if not holds(high):
        return high + 1
    # A short way first: conditions take longer for larger numbers, and most answers are small.
    step = 1
    while low + step < high and not holds(low + step):
        step *= 2
    high = min(high, low + step)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low
