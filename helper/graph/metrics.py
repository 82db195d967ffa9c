"""Metrics and their directions (is lower or higher better?), declared here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

# ``lower_is_better`` of bare metrics by name. Any other bare metric has no direction, and no best.
_KNOWN = {"loss": True, "accuracy": False}


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
        name: metric.lower_is_better if isinstance(metric, Metric) else _KNOWN.get(name)
        for name, metric in metrics.items()
    }
