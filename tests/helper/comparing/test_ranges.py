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
        ([curve(2.3, 0.5, 0.3)], {}, (0.3, 0.5)),
        ([curve(2.3, 0.5, 0.3)], {"from_start": True}, (0.3, 2.3)),
        ([curve(2.3, 0.5)], {}, (0.5, 2.3)),  # two points: both
        ([curve(2.3, 0.5, 0.3), curve(7)], {}, (0.3, 7)),
        ([curve(9, math.nan, 2, math.inf, 1)], {}, (1, 2)),
        ([curve(9, -1, 0, 2, 1)], {"log": True}, (1, 2)),
        ([curve(9, math.nan, math.nan)], {}, None),
        ([], {}, None),
        # One that blew up, of two and of four.
        ([curve(1, 0.2, 0.1), curve(1, 1e3, 1e9)], {}, (0.1, 0.2)),
        ([curve(1, 0.2, 0.1)] * 3 + [curve(1, -1e3, 0.3)], {}, (0.1, 0.2)),
        # Not far enough to be left out: a network that never learns.
        ([curve(2.3, 0.3, 0.2)] * 3 + [curve(2.3, 2.3, 2.4)], {}, (0.2, 2.4)),
    ],
)
def test_range(curves, options, expected):
    assert ranges.value_range(curves, **options) == expected


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
