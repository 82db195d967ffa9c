"""Numbers of seeds and smallest differences against published values and simulated experiments."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from helper.comparing.power import (
    MOST_SEEDS,
    PairedSeeds,
    SeparateSeeds,
    TwoNetworks,
    t_test_power,
)

stats = pytest.importorskip("scipy.stats", reason="verdicts need the extra [compare]")
SIMULATED = 20_000  # the standard error of a share of 0.8 is 0.003


@pytest.mark.parametrize(
    "effect, paired, separate",
    # The usual table of G*Power 3.1 (and R's power.t.test) for two sides, 0.05, power 0.8.
    [(0.2, 199, 394), (0.5, 34, 64), (0.8, 15, 26)],
)
def test_published_numbers_of_seeds(effect, paired, separate):
    assert PairedSeeds(5, 1.0).seeds_to_settle(effect, 0.95) == paired
    assert PairedSeeds(5, 1.0).seeds_to_settle(-effect, 0.95) == paired
    assert SeparateSeeds(5, 5, 1.0).seeds_to_settle(effect, 0.95) == separate
    # Back again: with that many seeds the difference shows, with one less it would not.
    assert PairedSeeds(paired, 1.0).smallest_difference(0.95) <= effect
    assert PairedSeeds(paired - 1, 1.0).smallest_difference(0.95) > effect
    assert SeparateSeeds(separate, separate, 1.0).smallest_difference(0.95) <= effect


@pytest.mark.parametrize("degrees, noncentrality", [(3, 3.0), (4, 2.0), (33, 2.9), (9_999, 2.8)])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_power_of_the_noncentral_t(degrees, noncentrality, confidence):
    critical = stats.t.ppf((1 + confidence) / 2, degrees)
    wanted = stats.nct.sf(critical, degrees, noncentrality)
    wanted += stats.nct.cdf(-critical, degrees, noncentrality)
    assert t_test_power(noncentrality, degrees, confidence) == pytest.approx(wanted, abs=1e-6)


def test_where_scipy_has_no_value():
    """One degree of freedom: t is (Z + c) / |Y| with normal Z and Y."""
    random = np.random.default_rng(0)
    z, y = random.standard_normal((2, 200_000))
    share = np.mean(np.abs(z + 8) > stats.t.ppf(0.975, 1) * np.abs(y))
    assert t_test_power(8, 1, 0.95) == pytest.approx(share, abs=0.005)


@pytest.mark.parametrize("n", [2, 3, 5, 10])
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_paired_power_simulated(n, confidence):
    smallest = PairedSeeds(n, 0.02).smallest_difference(confidence)
    changes = np.random.default_rng(1).normal(smallest, 0.02, (SIMULATED, n))
    p_values = stats.ttest_1samp(changes, 0, axis=1).pvalue
    assert np.mean(p_values < 1 - confidence) == pytest.approx(0.8, abs=0.02)


@pytest.mark.parametrize("n, m", [(5, 5), (4, 8), (20, 20)])
def test_separate_power_simulated(n, m):
    smallest = SeparateSeeds(n, m, 0.02).smallest_difference(0.95)
    random = np.random.default_rng(2)
    first = random.normal(0.9, 0.02, (SIMULATED, n))
    second = random.normal(0.9 + smallest, 0.02, (SIMULATED, m))
    p_values = stats.ttest_ind(first, second, axis=1).pvalue
    assert np.mean(p_values < 0.05) == pytest.approx(0.8, abs=0.02)


def test_the_permutation_test_comes_close():
    smallest = SeparateSeeds(5, 5, 0.02).smallest_difference(0.95)
    runs = np.random.default_rng(3).normal(0, 0.02, (4_000, 10))
    runs[:, 5:] += smallest
    # All 252 ways to choose five of ten; the difference of means grows with their sum.
    ways = np.zeros((252, 10))
    for row, chosen in zip(ways, itertools.combinations(range(10), 5), strict=True):
        row[list(chosen)] = 1
    away = np.abs(runs @ ways.T - runs.sum(axis=1, keepdims=True) / 2)
    own = np.abs(runs[:, 5:].sum(axis=1) - runs.sum(axis=1) / 2)
    p_values = np.mean(away >= own[:, None] - 1e-12, axis=1)
    assert np.mean(p_values < 0.05) == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize("discordant", [20, 100, 500])
def test_networks_simulated(discordant):
    smallest = TwoNetworks(discordant, 10_000).smallest_difference(0.95)
    share = (1 + smallest * 10_000 / discordant) / 2
    right = np.random.default_rng(4).binomial(discordant, share, SIMULATED)
    p_values = [stats.binomtest(k, discordant, 0.5).pvalue for k in range(discordant + 1)]
    assert np.mean(np.array(p_values)[right] < 0.05) == pytest.approx(0.8, abs=0.02)


def test_outcomes_that_cannot_be_significant():
    assert TwoNetworks(0, 100).smallest_difference(0.95) is None
    assert TwoNetworks(5, 100).smallest_difference(0.95) is None  # 2 / 2⁵ = 0.0625
    assert 0.05 < TwoNetworks(6, 100).smallest_difference(0.95) < 0.06
    assert SeparateSeeds(3, 4, 0.1).smallest_difference(0.95) is None  # 2 / 35 = 0.057
    assert SeparateSeeds(4, 4, 0.1).smallest_difference(0.95) is not None


def test_without_any_deviation():
    assert PairedSeeds(5, 0.0).smallest_difference(0.95) is None
    assert PairedSeeds(6, 0.0).smallest_difference(0.95) == 0  # 2 / 2⁶ = 0.031
    assert PairedSeeds(2, 0.0).seeds_to_settle(0.01, 0.95) == 6
    assert SeparateSeeds(2, 2, 0.0).seeds_to_settle(0.01, 0.95) == 4


def test_nothing_settles_zero_and_hardly_anything_a_trace():
    for design in (PairedSeeds(3, 0.1), PairedSeeds(3, 0.0), SeparateSeeds(3, 3, 0.1)):
        assert design.seeds_to_settle(0.0, 0.95) is None
    assert PairedSeeds(3, 0.1).seeds_to_settle(1e-6, 0.95) == MOST_SEEDS + 1
    assert TwoNetworks(10, 100).seeds_to_settle(0.01, 0.95) is None


def test_separate_seeds_need_more_than_there_are():
    assert SeparateSeeds(9, 9, 0.01).seeds_to_settle(0.5, 0.95) == 10


@pytest.mark.parametrize("confidence", [0.5, 0.999999, 1 - 2**-52])
def test_any_confidence(confidence):
    for n in (2, 3, 30):
        assert 0 < PairedSeeds(n, 0.01).smallest_difference(confidence) < math.inf
        assert PairedSeeds(n, 0.01).seeds_to_settle(0.01, confidence) > 2
