from __future__ import annotations

import numpy as np
import pytest

from helper.comparing import verdict
from helper.errors import UsageError
from helper.runs import listing
from tests.made_runs import make_run

pytest.importorskip("scipy", reason="verdicts need the extra [compare]")

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
    found = verdict.judge(*sides(tmp_path, 1))
    assert found.difference == pytest.approx(0.03)
    assert found.p_value == pytest.approx(2 / 2**30)
    lines = verdict.sentences(found, "one", "two")
    assert "verdict: the second is better" in lines
    assert any("another seed" in line for line in lines)


def test_groups_of_seeds(tmp_path):
    for seed in range(4):
        run(tmp_path, 1 + seed, 40 + seed, seed=seed, learning_rate=0.1)
        run(tmp_path, 5 + seed, 20 + 2 * seed, seed=seed, learning_rate=0.5)
    found = verdict.judge(*sides(tmp_path, 4))
    assert found.test == "paired t-test over seeds"
    assert found.word == "better"
    assert found.difference == pytest.approx(0.0185)


def test_plain_words_for_no_difference(tmp_path):
    run(tmp_path, 1, 10, learning_rate=0.1)
    run(tmp_path, 2, 12, learning_rate=0.5)
    lines = verdict.sentences(verdict.judge(*sides(tmp_path, 1)), "one", "two")
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
        verdict.judge(*sides(tmp_path, 1))


def test_a_side_must_be_one_setting_and_each_seed_once(tmp_path):
    run(tmp_path, 1, 10, seed=1, learning_rate=0.1)
    run(tmp_path, 2, 10, seed=2, learning_rate=0.5)
    run(tmp_path, 3, 10, seed=1, learning_rate=0.3)
    run(tmp_path, 4, 10, seed=1, learning_rate=0.3)
    first, second = sides(tmp_path, 2)
    with pytest.raises(UsageError, match="differ in learning_rate"):
        verdict.judge(first, second)
    with pytest.raises(UsageError, match="seed 1"):
        verdict.judge(second, first)
    with pytest.raises(UsageError, match="both sides"):
        verdict.judge(first, first)
    with pytest.raises(UsageError, match="1 against 2"):
        verdict.judge(first[:1], second)
