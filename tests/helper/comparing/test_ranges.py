from __future__ import annotations

import math

import numpy as np
import pytest

from helper.comparing import ranges


def curve(*values):
    return np.array(values, float)


@pytest.mark.parametrize(
    ("curves", "options", "expected"),
    [
        ([curve(2.3, 0.5, 0.3)], {}, (0.3, 2.3)),
        ([curve(0.5, 0.3), curve(7)], {}, (0.3, 7)),
        ([curve(math.nan, 2, math.inf, 1)], {}, (1, 2)),
        ([curve(-1, 0, 2, 1)], {"log": True}, (1, 2)),
        ([curve(math.nan, math.nan)], {}, None),
        ([], {}, None),
        # One that blew up, of two and of four.
        ([curve(0.2, 0.1), curve(1e3, 1e9)], {}, (0.1, 0.2)),
        ([curve(0.2, 0.1)] * 3 + [curve(-1e3, 0.3)], {}, (0.1, 0.2)),
        # Not far enough to be left out: a network that never learns.
        ([curve(0.3, 0.2)] * 3 + [curve(2.3, 2.4)], {}, (0.2, 2.4)),
    ],
)
def test_range(curves, options, expected):
    assert ranges.value_range(curves, **options) == expected


@pytest.mark.parametrize(
    ("steps", "log_x", "kept"),
    [
        ([0, 1, 2, 5, 10, 20, 50, 100], False, [2, 5, 10, 20, 50, 100]),  # the first 2 %
        ([0, 1, 2, 5, 10, 20, 50, 100], True, [1, 2, 5, 10, 20, 50, 100]),
        ([0, 1000, 2000], False, [1000, 2000]),
        ([0, 1, 1000], False, [1, 1000]),  # two stay
        ([0, 9], False, [0, 9]),
        ([7], False, [7]),
        ([], False, []),
    ],
)
def test_a_curve_without_its_beginning(steps, log_x, kept):
    x = np.array(steps, float)
    assert ranges.after_beginning(x, x, log_x).tolist() == kept


@pytest.mark.parametrize(
    ("low", "high", "log", "expected"),
    [
        (0.0, 1.0, False, (-0.05, 1.05)),
        (2.0, 2.0, False, (1.0, 3.0)),
        (0.0, 0.0, False, (-0.5, 0.5)),
        (1.0, 100.0, True, (10**-0.1, 10**2.1)),
        (5.0, 5.0, True, (5 / 10**0.5, 5 * 10**0.5)),
    ],
)
def test_margin(low, high, log, expected):
    assert ranges.with_margin(low, high, log) == pytest.approx(expected)
