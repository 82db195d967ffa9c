"""Which values an axis should show: most of a curve, not its beginning, and no run that blew up.

The page of `report_html` computes the same in ``report_charts.js``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

# A curve whose largest magnitude is this many times the median one leaves the others no room.
_FAR = 20.0
# The share of a curve in which a network learns so fast that all the rest would look flat.
_BEGINNING = 0.02


def after_beginning(x: np.ndarray, values: np.ndarray, log_x: bool = False) -> np.ndarray:
    """Without the first value, that of an untrained network, and without those of the first 2 % of
    the axis; at least two values stay. A logarithmic axis gives those room: only the first goes.

    x, values: float64 [n], x ascending.
    """
    early = 1 if log_x else max(1, int(np.sum(x < _BEGINNING * np.max(x, initial=0.0))))
    return values[min(early, max(len(values) - 2, 0)) :]


def value_range(curves: Sequence[np.ndarray], log: bool = False) -> tuple[float, float] | None:
    """The lowest and the highest value to show; None where there is no value that can be drawn.

    curves: float64 [n] each. What is not finite (nor, for a `log` axis, positive) does not count. A
    curve does not count if its largest magnitude is more than 20 times the median of these.
    """
    found = []
    for values in curves:
        values = values[np.isfinite(values) & (values > 0 if log else True)]
        if len(values):
            found.append((float(values.min()), float(values.max())))
    if not found:
        return None
    sizes = sorted(max(abs(low), abs(high)) for low, high in found)
    limit = _FAR * sizes[(len(sizes) - 1) // 2]
    kept = [pair for pair in found if max(map(abs, pair)) <= limit]
    return min(low for low, _ in kept), max(high for _, high in kept)


def with_margin(low: float, high: float, log: bool = False) -> tuple[float, float]:
    """The limits of an axis on which the range has some air above and below it."""
    if log:
        low, high = math.log10(low), math.log10(high)
    air = 0.05 * (high - low) or 0.5 * (abs(high) if high and not log else 1.0)
    low, high = low - air, high + air
    return (10**low, 10**high) if log else (low, high)
