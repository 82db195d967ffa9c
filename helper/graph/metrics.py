"""Metrics, and which direction of each is the better one: declared here, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

# What a bare metric of this name means; of any other bare metric no best is claimed.
_KNOWN = {"loss": True, "accuracy": False}


class Metric(NamedTuple):
    """A metric and its direction.

    value: in a ``Step`` a float32 scalar tensor; for a whole split a function of (predictions,
        labels), int64 [examples] each, that returns a number.
    lower_is_better: None claims no best.
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
