"""The metrics that an experiment returns, bare or with a direction: is lower or higher better?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from helper.runs.record import LOWER_IS_BETTER


class Metric(NamedTuple):
    """A metric and its direction.

    value: in a ``Step`` a float32 scalar tensor; for a whole split a function of (predictions,
        labels), int64 [examples] each, that returns a number.
    lower_is_better: None if the metric has no direction, and so no best.
    """

    value: Any
    lower_is_better: bool | None


def values(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """The tensors, or functions, of metrics that may be bare or declared."""
    return {name: m.value if isinstance(m, Metric) else m for name, m in metrics.items()}


def directions(metrics: Mapping[str, Any]) -> dict[str, bool | None]:
    """``lower_is_better`` of each metric, None where it has no direction."""
    return {
        name: metric.lower_is_better if isinstance(metric, Metric) else LOWER_IS_BETTER.get(name)
        for name, metric in metrics.items()
    }
