"""How many settings get to which rung, and which go on."""

from __future__ import annotations

import math
import random

import pytest

from helper.errors import UsageError
from helper.sweeping import halving
from helper.sweeping.halving import Rung, plan, ranked


@pytest.mark.parametrize(
    "arguments, rungs",
    [
        ((27, 3, 1000), [(1000, 27), (3000, 9), (9000, 3), (27_000, 2)]),
        ((8, 2, 100), [(100, 8), (200, 4), (400, 2)]),
        ((3, 3, 10), [(10, 3), (30, 2)]),
        ((100, 4, 10), [(10, 100), (40, 25), (160, 6), (640, 2)]),
        ((27, 3, 1000, 9000), [(1000, 27), (3000, 9), (9000, 3)]),
        ((27, 3, 1000, 2000), [(1000, 27), (2000, 9)]),
        ((27, 3, 1000, 20_000), [(1000, 27), (3000, 9), (9000, 3), (20_000, 2)]),
        ((27, 3, 1000, 90_000), [(1000, 27), (3000, 9), (9000, 3), (90_000, 2)]),
    ],
)
def test_the_rungs(arguments, rungs):
    assert plan(*arguments) == [Rung(*rung) for rung in rungs]


def test_any_plan_goes_up_in_steps_and_down_in_number():
    draw = random.Random(5)
    for _ in range(500):
        count, factor, least = draw.randint(3, 500), draw.randint(2, 9), draw.randint(1, 99)
        most = draw.choice([None, least + draw.randint(1, 10_000)])
        rungs = plan(count, factor, least, most)
        assert rungs[0] == (least, count) and rungs[-1].candidates >= 2
        for place, (one, other) in enumerate(zip(rungs, rungs[1:], strict=False), 1):
            assert one.steps < other.steps and one.candidates > other.candidates
            assert other.candidates == max(2, count // factor**place)  # Hyperband's, at least two
            assert one.steps == least * factor ** (place - 1)
        if most is None:
            assert rungs[-1].candidates == 2 and rungs[-1].steps == least * factor ** (
                len(rungs) - 1
            )
        else:
            assert rungs[-1].steps == most


@pytest.mark.parametrize(
    "arguments, said",
    [
        ((27, 1, 1000), "at least 2"),
        ((27, 3, 0), "--min_steps"),
        ((27, 3, 1000, 1000), "more than"),
        ((2, 3, 1000), "at least 3 settings"),
        ((1000, 2, 10**8), "limit it with --steps"),
    ],
)
def test_nothing_to_halve(arguments, said):
    with pytest.raises(UsageError, match=said):
        plan(*arguments)


def test_the_plan_in_a_line():
    rungs = plan(27, 3, 1000)
    assert halving.described(rungs) == (
        "27 runs to 1,000 steps, the best 9 to 3,000, the best 3 to 9,000, the best 2 to 27,000"
    )
    assert halving.described(rungs[:2], 5) == (
        "27 settings of 5 seeds to 1,000 steps, the best 9 to 3,000"
    )


def test_the_order_and_its_rules():
    values = [0.5, None, 0.9, math.nan, 0.5, 0.9, math.inf, 0.1]
    assert ranked(values, lower_is_better=False) == [2, 5, 0, 4, 7]
    assert ranked(values, lower_is_better=True) == [7, 0, 4, 2, 5]
    assert ranked([None, math.nan], lower_is_better=True) == []
