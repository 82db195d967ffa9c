"""Curves of several seeds as one: mean and standard deviation at each step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from helper.runs.events import Scalars


@dataclass(frozen=True)
class MeanCurve:
    """step int64 [n]; wall_time, seconds, mean, deviation float64 [n]. wall_time is the latest over
    the runs, seconds the mean; deviation is the sample standard deviation, 0 for one run."""

    step: np.ndarray
    wall_time: np.ndarray
    seconds: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray


def mean_curve(curves: Sequence[Scalars]) -> MeanCurve:
    """Over the steps that every curve has: a mean over fewer runs would jump where one of them
    ends. Of a step that a curve has twice, the last value counts. A single curve is returned as is.
    """
    if len(curves) == 1:
        (only,) = curves
        return MeanCurve(
            only.step, only.wall_time, only.seconds, only.value, np.zeros(len(only.step))
        )
    step = reduce(np.intersect1d, (curve.step for curve in curves))
    value, wall_time, seconds = (
        np.array([getattr(curve, name)[_last_of_each(curve, step)] for curve in curves])
        for name in ("value", "wall_time", "seconds")
    )
    with np.errstate(invalid="ignore"):  # nan and infinity stay what they are
        mean, deviation = value.mean(axis=0), value.std(axis=0, ddof=1)
    return MeanCurve(step, wall_time.max(axis=0), seconds.mean(axis=0), mean, deviation)


def _last_of_each(curve: Scalars, step: np.ndarray) -> np.ndarray:
    order = np.argsort(curve.step, kind="stable")
    return order[np.searchsorted(curve.step[order], step, side="right") - 1]
