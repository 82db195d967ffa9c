"""Which values an axis should show: most of a curve, not its first point, and no run that blew up.

The page of `report_html` computes the same in ``report_charts.js``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

# A curve whose largest magnitude is this many times the median one leaves the others no room.
_FAR = 20.0


def after_first(values: np.ndarray) -> np.ndarray:
    """Without the first value, that of an untrained network, where there are more than two."""
    return values[1:] if len(values) > 2 else values


def value_range(
    curves: Sequence[np.ndarray], log: bool = False, from_start: bool = False
) -> tuple[float, float] | None:
    """The lowest and the highest value to show; None where there is no value that can be drawn.

    curves: float64 [n] each. The first point of each counts only with `from_start`; what is not
    finite (nor, for a `log` axis, positive) never does. A curve does not count if its largest
    magnitude is more than 20 times the median of these over the curves.
    """
    found = []
    for curve in curves:
        values = curve if from_start else after_first(curve)
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
