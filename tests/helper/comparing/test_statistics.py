"""The statistics against worked examples in print."""

from __future__ import annotations

import math

import numpy as np
import pytest

from helper.comparing import statistics
from helper.errors import UsageError

pytest.importorskip("scipy", reason="verdicts need the extra [compare]")


def table(both, only_first, only_second, neither):
    """Two bool arrays whose paired table is this."""
    counts = [both, only_first, only_second, neither]
    return np.repeat([True, True, False, False], counts), np.repeat(
        [True, False, True, False], counts
    )


def test_mcnemar_airway_example():
    """Bentur et al. 2009, in Fagerland, Lydersen, Laake, BMC Med Res Methodol 13:91 (2013)."""
    verdict = statistics.compare_two(*table(1, 1, 7, 12))
    assert verdict.p_value == pytest.approx(0.0703, abs=5e-5)
    assert verdict.word == statistics.NO_DIFFERENCE


def test_mcnemar_culture_example():
    """Two media for tubercle bacilli: Armitage and Berry 1994, p. 127; exact P = 0.0129."""
    verdict = statistics.compare_two(*table(20, 12, 2, 16))
    assert verdict.p_value == pytest.approx(0.0129, abs=5e-5)
    assert verdict.difference == pytest.approx(-0.2)
    assert verdict.word == "worse"


@pytest.mark.parametrize(
    "counts, low, high",
    [
        ((1, 1, 7, 12), -0.507, -0.026),  # Fagerland et al., Stat Med 33 (2014): airway example
        ((14, 5, 0, 22), 0.011, 0.226),  # Altman et al., Statistics with Confidence (2000), p. 52
    ],
)
def test_newcombe_interval(counts, low, high):
    assert statistics.paired_interval(*counts) == pytest.approx((low, high), abs=6e-4)


def test_runs_that_never_disagree():
    verdict = statistics.compare_two(*table(95, 0, 0, 5))
    assert (verdict.difference, verdict.p_value) == (0, 1)
    assert verdict.low < 0 < verdict.high
    assert verdict.word == statistics.NO_DIFFERENCE


def test_answers_to_other_images_are_refused():
    with pytest.raises(UsageError, match="same images"):
        statistics.compare_two(np.ones(3, bool), np.ones(4, bool))


def test_paired_sleep_example():
    """Student, Biometrika 6 (1908): t = -4.0621, p = 0.00283, interval 0.70 to 2.46."""
    first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    verdict = statistics.compare_groups(dict(enumerate(first)), dict(enumerate(second)))
    assert verdict.test.startswith("paired t-test")
    assert verdict.difference == pytest.approx(1.58)
    assert verdict.p_value == pytest.approx(0.002833, abs=1e-6)
    assert (verdict.low, verdict.high) == pytest.approx((0.7001142, 2.4598858), abs=1e-6)
    assert verdict.word == "better"


def test_paired_maize_example():
    """Darwin's plants in Fisher, The Design of Experiments (1935): t = 2.148, p = 0.0497."""
    crossed = [188, 96, 168, 176, 153, 172, 177, 163, 146, 173, 186, 168, 177, 184, 96]
    selfed = [139, 163, 160, 160, 147, 149, 149, 122, 132, 144, 130, 144, 102, 124, 144]
    verdict = statistics.compare_paired(np.array(selfed) / 8, np.array(crossed) / 8)
    assert verdict.difference == pytest.approx(2.6167, abs=5e-5)
    assert verdict.p_value == pytest.approx(0.0497, abs=5e-5)


def test_permutation_tea_example():
    """Fisher's lady tasting tea: 1 of 70 ways on either side."""
    verdict = statistics.compare_unpaired(np.zeros(4), np.ones(4))
    assert verdict.p_value == pytest.approx(2 / 70)
    assert verdict.word == "better"
    assert math.isnan(verdict.low)


def test_seeds_decide_between_paired_and_unpaired():
    first, second = {1: 0.90, 2: 0.92}, {3: 0.95, 4: 0.96}
    verdict = statistics.compare_groups(first, second)
    assert verdict.test.startswith("permutation")
    assert verdict.p_value == pytest.approx(2 / 6)
    assert verdict.word == statistics.NO_DIFFERENCE
    assert "too few" in verdict.note


def test_equal_differences_are_not_certainty():
    verdict = statistics.compare_paired(np.array([0.90, 0.91]), np.array([0.92, 0.93]))
    assert verdict.p_value == pytest.approx(0.5)
    assert verdict.word == statistics.NO_DIFFERENCE


def test_one_seed_is_no_group():
    with pytest.raises(UsageError, match="two seeds"):
        statistics.compare_groups({1: 0.9}, {1: 0.9, 2: 0.8})
