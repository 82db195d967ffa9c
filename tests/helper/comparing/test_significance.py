"""The statistics against worked examples in print, and the choice between them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from helper.comparing import significance
from helper.comparing.verdict import NO_DIFFERENCE
from helper.errors import UsageError
from helper.runs import listing
from tests.made_runs import make_run

pytest.importorskip("scipy", reason="verdicts need the extra [compare]")


def test_paired_sleep_example():
    """Student, Biometrika 6 (1908): t = -4.0621, p = 0.00283, interval 0.70 to 2.46."""
    first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    verdict = significance.compare_groups(dict(enumerate(first)), dict(enumerate(second)))
    assert verdict.test.startswith("paired t-test")
    assert verdict.difference == pytest.approx(1.58)
    assert verdict.p_value == pytest.approx(0.002833, abs=1e-6)
    assert (verdict.low, verdict.high) == pytest.approx((0.7001142, 2.4598858), abs=1e-6)
    assert verdict.word == "better"


# By seed the differences are 0.02, 0.03, 0.01: mean 0.02, deviation 0.01, t = 0.02 / (0.01 / √3).
# With two degrees of freedom p = 1 - t / √(2 + t²) = 1 - √12 / √14, and the interval's half width
# is 4.302653 (of Student's distribution) · 0.01 / √3 at 95 %, with 2.919986 at 90 %.
THREE = {1: 0.90, 2: 0.92, 3: 0.95}, {3: 0.96, 2: 0.95, 1: 0.92}


def test_pairs_are_made_by_seed_in_whatever_order_the_runs_are():
    for first in (THREE[0], dict(reversed(THREE[0].items()))):
        verdict = significance.compare_groups(first, THREE[1])
        assert verdict.difference == pytest.approx(0.02)
        assert verdict.p_value == pytest.approx(1 - math.sqrt(12 / 14))
        assert (verdict.low, verdict.high) == pytest.approx((-0.0048414, 0.0448414), abs=1e-6)
        assert (verdict.word, verdict.n) == (
            NO_DIFFERENCE,
            "3 pairs of runs with the same seed",
        )


def test_confidence_decides_the_word_and_the_width():
    verdict = significance.compare_groups(*THREE, confidence=0.9)
    assert (verdict.low, verdict.high) == pytest.approx((0.0031415, 0.0368585), abs=1e-6)
    assert verdict.word == "better"  # p = 0.074


def test_paired_maize_example():
    """Darwin's plants in Fisher, The Design of Experiments (1935): t = 2.148, p = 0.0497."""
    crossed = [188, 96, 168, 176, 153, 172, 177, 163, 146, 173, 186, 168, 177, 184, 96]
    selfed = [139, 163, 160, 160, 147, 149, 149, 122, 132, 144, 130, 144, 102, 124, 144]
    verdict = significance.compare_paired(np.array(selfed) / 8, np.array(crossed) / 8)
    assert verdict.difference == pytest.approx(2.6167, abs=5e-5)
    assert verdict.p_value == pytest.approx(0.0497, abs=5e-5)


def test_permutation_tea_example():
    """Fisher's lady tasting tea: 1 of 70 ways on either side."""
    verdict = significance.compare_unpaired(np.zeros(4), np.ones(4))
    assert verdict.p_value == pytest.approx(2 / 70)
    assert verdict.word == "better"
    assert math.isnan(verdict.low)


def test_seeds_decide_between_paired_and_unpaired():
    first, second = {1: 0.90, 2: 0.92}, {3: 0.95, 4: 0.96}
    verdict = significance.compare_groups(first, second)
    assert verdict.test.startswith("permutation")
    assert verdict.p_value == pytest.approx(2 / 6)
    assert verdict.word == NO_DIFFERENCE
    assert "too few" in verdict.note


def test_welch_interval_by_hand():
    """Variances 0.0002 each: standard error √0.0002, two degrees of freedom, 4.302653 of them."""
    verdict = significance.compare_groups({1: 0.90, 2: 0.92}, {3: 0.97, 4: 0.95})
    assert verdict.difference == pytest.approx(0.05)
    assert (verdict.low, verdict.high) == pytest.approx((-0.0108487, 0.1108487), abs=1e-6)


@pytest.mark.parametrize("n, m, few", [(3, 4, True), (4, 3, True), (4, 4, False), (3, 5, False)])
def test_when_no_outcome_could_be_significant(n, m, few):
    verdict = significance.compare_unpaired(np.arange(n) / 100, 1 - np.arange(m) / 100)
    # The outcome is the most extreme one there is, on one of two sides.
    smallest = 2 / math.comb(n + m, n)
    assert verdict.p_value == pytest.approx(smallest)
    assert bool(verdict.note) is few is (verdict.word == NO_DIFFERENCE)
    if few:
        assert verdict.note.endswith(f"reach p < 0.05 (the smallest possible is {smallest:.2g}).")


def test_many_runs_are_permuted_at_random_but_always_the_same_way():
    first = {seed: seed % 7 / 100 for seed in range(9)}
    second = {100 + seed: 0.02 + seed % 5 / 100 for seed in range(9)}
    p_value = significance.compare_groups(first, second).p_value
    turned = [dict(reversed(side.items())) for side in (first, second)]
    assert significance.compare_groups(*turned).p_value == p_value
    assert 0.05 < p_value < 1


def test_equal_differences_are_not_certainty():
    verdict = significance.compare_paired(np.array([0.90, 0.91]), np.array([0.92, 0.93]))
    assert verdict.p_value == pytest.approx(0.5)
    assert verdict.word == NO_DIFFERENCE


def test_five_equal_differences_and_none_at_all():
    same = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    verdict = significance.compare_paired(same, same + 0.01)
    assert verdict.p_value == pytest.approx(2 / 2**5)
    assert verdict.test == "sign test over seeds" and math.isnan(verdict.low)
    nothing = significance.compare_paired(same, same)
    assert (nothing.p_value, nothing.difference) == (1, 0)


def test_one_seed_is_not_a_group():
    with pytest.raises(UsageError, match="two seeds"):
        significance.compare_groups({1: 0.9}, {1: 0.9, 2: 0.8})


LABEL = np.arange(1000) % 10


def answers(mistakes):
    """Predictions with this many mistakes, on the first images."""
    return np.where(np.arange(1000) < mistakes, (LABEL + 1) % 10, LABEL)


def run(logdir, number, mistakes, label=LABEL, **settings):
    make_run(logdir / "a" / f"{number:04d}", predicted=answers(mistakes), label=label, **settings)


def sides(logdir, split):
    found = listing.find(logdir)
    return found[:split], found[split:]


def test_two_runs(tmp_path):
    run(tmp_path, 1, 40, learning_rate=0.1)
    run(tmp_path, 2, 10, learning_rate=0.5)
    found = significance.judge(*sides(tmp_path, 1))
    assert found.difference == pytest.approx(0.03)
    assert found.p_value == pytest.approx(2 / 2**30)
    lines = found.sentences("one", "two")
    assert "verdict: the second is better" in lines
    assert any("another seed" in line for line in lines)


def test_groups_of_seeds(tmp_path):
    for seed in range(4):
        run(tmp_path, 1 + seed, 40 + seed, seed=seed, learning_rate=0.1)
        run(tmp_path, 5 + seed, 20 + 2 * seed, seed=seed, learning_rate=0.5)
    found = significance.judge(*sides(tmp_path, 4))
    assert found.test == "paired t-test over seeds"
    assert found.word == "better"
    assert found.difference == pytest.approx(0.0185)


def test_the_confidence_reaches_both_kinds_of_verdict(tmp_path):
    for seed in range(2):
        run(tmp_path, 1 + seed, 40 + seed, seed=seed, learning_rate=0.1)
        run(tmp_path, 5 + seed, 20 + 2 * seed, seed=seed, learning_rate=0.5)
    first, second = sides(tmp_path, 2)
    for verdict in (
        significance.judge(first, second, 0.8),
        significance.judge(first[:1], second[:1], 0.8),
    ):
        assert verdict.confidence == 0.8 and "80% interval" in verdict.sentences("", "")[2]
    wide = significance.judge(first[:1], second[:1], 0.99)
    narrow = significance.judge(first[:1], second[:1], 0.8)
    assert wide.low < narrow.low < narrow.difference < narrow.high < wide.high


def test_plain_words_for_no_difference(tmp_path):
    run(tmp_path, 1, 10, learning_rate=0.1)
    run(tmp_path, 2, 12, learning_rate=0.5)
    lines = significance.judge(*sides(tmp_path, 1)).sentences("one", "two")
    assert "verdict: no difference that these runs can show" in lines


@pytest.mark.parametrize(
    "first, second, message",
    [
        ({}, {"sha256": "cd" * 32}, "different data"),
        ({}, {"label": (LABEL + 1) % 10}, "different labels"),
    ],
)
def test_runs_that_cannot_be_compared(tmp_path, first, second, message):
    run(tmp_path, 1, 10, **first)
    run(tmp_path, 2, 10, **second)
    with pytest.raises(UsageError, match=message):
        significance.judge(*sides(tmp_path, 1))


def test_a_side_must_be_one_setting_and_each_seed_once(tmp_path):
    run(tmp_path, 1, 10, seed=1, learning_rate=0.1)
    run(tmp_path, 2, 10, seed=2, learning_rate=0.5)
    run(tmp_path, 3, 10, seed=1, learning_rate=0.3)
    run(tmp_path, 4, 10, seed=1, learning_rate=0.3)
    first, second = sides(tmp_path, 2)
    with pytest.raises(UsageError, match="differ in learning_rate"):
        significance.judge(first, second)
    with pytest.raises(UsageError, match="seed 1"):
        significance.judge(second, first)
    with pytest.raises(UsageError, match="both sides"):
        significance.judge(first, first)
    with pytest.raises(UsageError, match="1 against 2"):
        significance.judge(first[:1], second)


def test_a_side_without_seeds(tmp_path):
    for number in range(1, 5):
        run(tmp_path, number, 10, seed=None if number == 2 else number, learning_rate=number // 3)
    with pytest.raises(UsageError, match="a/0002 does not record its seed"):
        significance.judge(*sides(tmp_path, 2))
