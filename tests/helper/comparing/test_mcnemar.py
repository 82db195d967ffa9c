"""Two networks: the test and its interval against worked examples in print."""

from __future__ import annotations

import numpy as np
import pytest

from helper.comparing.mcnemar import compare_two, paired_interval
from helper.comparing.verdict import NO_DIFFERENCE
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
    verdict = compare_two(*table(1, 1, 7, 12))
    assert verdict.p_value == pytest.approx(0.0703, abs=5e-5)
    assert verdict.word == NO_DIFFERENCE


def test_mcnemar_culture_example():
    """Two media for tubercle bacilli: Armitage and Berry 1994, p. 127; exact P = 0.0129."""
    verdict = compare_two(*table(20, 12, 2, 16))
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
    assert paired_interval(*counts) == pytest.approx((low, high), abs=6e-4)


def test_interval_of_the_second_minus_the_first():
    """Altman et al. again (p. 52), where the first sample is the one with the higher share."""
    verdict = compare_two(*table(14, 5, 0, 22))
    assert verdict.difference == pytest.approx(-5 / 41)
    assert (verdict.low, verdict.high) == pytest.approx((-0.226, -0.011), abs=6e-4)
    assert verdict.n == "41 images: 5 right in the first only, 0 in the second"
    turned = compare_two(*table(14, 0, 5, 22))
    assert (turned.low, turned.high) == pytest.approx((-verdict.high, -verdict.low))


@pytest.mark.parametrize("only_first, only_second", [(0, 9), (9, 0), (30, 10), (10, 30), (5, 5)])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_the_difference_lies_in_its_interval(only_first, only_second, confidence):
    answers = table(50, only_first, only_second, 20)
    verdict = compare_two(*answers, confidence)
    assert verdict.low < verdict.difference < verdict.high
    wider = compare_two(*answers, 0.9999)
    assert wider.low < verdict.low and verdict.high < wider.high


def test_runs_that_never_disagree():
    verdict = compare_two(*table(95, 0, 0, 5))
    assert (verdict.difference, verdict.p_value) == (0, 1)
    assert verdict.low < 0 < verdict.high
    assert verdict.word == NO_DIFFERENCE


def test_answers_to_other_images_are_refused():
    with pytest.raises(UsageError, match="same images"):
        compare_two(np.ones(3, bool), np.ones(4, bool))
