"""A verdict in words."""

from __future__ import annotations

import math

import pytest

from helper.comparing.power import PairedSeeds, SeparateSeeds, TwoNetworks
from helper.comparing.verdict import NO_DIFFERENCE, Verdict, could_show, percent, word

pytest.importorskip("scipy", reason="verdicts need the extra [compare]")


def test_sentences():
    verdict = Verdict(0.0123, -0.001, 0.02559, 0.9, 0.0412, "a test", "8 pairs", "But.")
    assert verdict.sentences("one", "two") == [
        "first:  one",
        "second: two",
        "test accuracy, second minus first: +1.23 points (90% interval -0.10 to +2.56)",
        "a test: p = 0.041 (8 pairs)",
        "verdict: the second is better",
        "But.",
    ]
    worse = Verdict(-0.01, math.nan, math.nan, 0.95, 0.01, "a test", "8 pairs")
    assert worse.sentences("one", "two")[2:] == [
        "test accuracy, second minus first: -1.00 points (no interval: the runs vary too little)",
        "a test: p = 0.01 (8 pairs)",
        "verdict: the second is worse",
    ]


def test_no_difference_says_what_could_be_seen():
    verdict = Verdict(0.005, -0.01, 0.02, 0.95, 0.2, "t", "34 pairs", "", PairedSeeds(34, 0.01))
    assert verdict.sentences("one", "two")[4:] == [
        f"verdict: {NO_DIFFERENCE}",
        "the smallest difference these runs show with 80% power at 95% confidence is 0.50 points; "
        "about 34 seeds on each side would settle the observed 0.50",
    ]
    clear = Verdict(0.005, 0.001, 0.02, 0.95, 0.02, "t", "34 pairs", "", PairedSeeds(34, 0.01))
    assert clear.sentences("one", "two")[4:] == ["verdict: the second is better"]


@pytest.mark.parametrize(
    "design, difference, said",
    [
        (PairedSeeds(5, 0.01), 0.0, "observed difference is zero, which no number of seeds would"),
        (PairedSeeds(5, 0.0), 0.0, "no number of seeds would settle"),
        (PairedSeeds(3, 0.0), 0.01, "cannot show any difference at 95% confidence; about 6 se"),
        (PairedSeeds(2, 0.1), 0.1, "cannot show any difference"),  # below 100 points
        (PairedSeeds(5, 0.01), 1e-6, "more than 10,000 seeds on each side"),
        (SeparateSeeds(3, 3, 0.01), 0.03, "cannot show any difference at 95% confidence; ab"),
        (TwoNetworks(5, 1000), 0.005, "cannot show any difference at 95% confidence"),
        (TwoNetworks(50, 1000), 0.01, "power at 95% confidence is 2.04 points"),
    ],
)
def test_what_could_be_seen(design, difference, said):
    assert said in could_show(design, difference, 0.95)


def test_seeds_do_not_settle_two_networks():
    assert "seeds" not in could_show(TwoNetworks(50, 1000), 0.01, 0.95)


def test_word():
    assert [word(d, 0.01, 0.95) for d in (0.1, -0.1, 0.0)] == ["better", "worse", NO_DIFFERENCE]
    assert word(0.1, 0.06, 0.95) == word(0.1, math.nan, 0.95) == NO_DIFFERENCE


@pytest.mark.parametrize(
    "confidence, shown",
    [
        (0.5, "50%"),
        (0.95, "95%"),
        (1 - 0.05 / 3, "98.33%"),
        (0.999, "99.9%"),
        (1 - 1e-6, "99.9999%"),
    ],
)
def test_percent(confidence, shown):
    assert percent(confidence) == shown
