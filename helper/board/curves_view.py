"""Curves of runs, and of groups of seeds: their mean and standard deviation at each step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from helper.board import groups
from helper.board.catalogue import Catalogue
from helper.board.requests import BadRequest, Body, flag, names
from helper.board.runs_view import in_order
from helper.comparing.comparison import direction
from helper.comparing.curves import MeanCurve, mean_curve
from helper.errors import printable
from helper.runs.events import Scalars
from helper.runs.listing import ListedRun

_MOST_TAGS = 100
_MOST_POINTS = 2_000  # of one curve; more than a screen has pixels


def curves(catalogue: Catalogue, body: Body) -> dict[str, Any]:
    """The curves of some runs, for each tag and group."""
    wanted = names(body, "tags")
    if len(wanted) > _MOST_TAGS:
        raise BadRequest(f"tags has more than {_MOST_TAGS} names")
    grouped = flag(body, "group", True)
    runs = catalogue.named(names(body, "runs"))
    members = groups.members(runs)
    known = [tag for run in runs for tag in run.curves()]
    made = []
    for tag in _chosen(known, wanted, runs):
        found: dict[str, list[ListedRun]] = {}
        for run in runs:
            if run.curve(tag) is not None:
                found.setdefault(members[run.name].key if grouped else run.name, []).append(run)
        for key, own in found.items():
            label = members[own[0].name].label if grouped else own[0].name
            made.append(_curve(tag, key, label, own))
    problems = dict.fromkeys(printable(line) for run in runs for line in run.problems)
    return {"curves": made, "problems": list(problems)}


def _chosen(known: Sequence[str], wanted: Sequence[str], runs: Sequence[ListedRun]) -> list[str]:
    """The tags that were asked for: with their split, or by the metric's name alone."""
    watched = list(dict.fromkeys(run.record.watched for run in runs if run.record))
    chosen = [tag for tag in known if tag in wanted or tag.partition("/")[2] in wanted]
    return in_order(chosen, watched)


def _curve(tag: str, key: str, label: str, runs: Sequence[ListedRun]) -> dict[str, Any]:
    own = [(run, curve) for run in runs if (curve := run.curve(tag)) is not None]
    mean = mean_curve([curve for _, curve in own])
    place = _thinned(len(mean.step))
    per_epoch = [_steps_per_epoch(run) for run, _ in own]
    return {
        "tag": tag,
        "group": key,
        "label": label,
        "n": len(own),
        "lower_is_better": direction(tag, runs),
        **_axes(mean, place, per_epoch[0] if len(set(per_epoch)) == 1 else None),
        "mean": mean.mean[place],
        "deviation": mean.deviation[place],
        "runs": [_run(*pair, epoch) for pair, epoch in zip(own, per_epoch, strict=True)],
    }


def _run(run: ListedRun, curve: Scalars, per_epoch: float | None) -> dict[str, Any]:
    place = _thinned(len(curve.step))
    return {"name": run.name, **_axes(curve, place, per_epoch), "value": curve.value[place]}


def _axes(curve: Scalars | MeanCurve, place: np.ndarray, per_epoch: float | None) -> dict[str, Any]:
    step = curve.step[place]
    epoch = None if per_epoch is None else step / per_epoch
    return {"step": step, "epoch": epoch, "seconds": curve.seconds[place]}


def _steps_per_epoch(run: ListedRun) -> float | None:
    """None where a run's record does not say it."""
    train = run.record.data.train if run.record and run.record.data else 0
    batch = run.flags.get("batch_size")
    if not isinstance(batch, int) or batch < 1 or train < 1:
        return None
    return train / batch


def _thinned(length: int) -> np.ndarray:
    """Which points to send: all, or that many in even distances, the first and last among them."""
    if length <= _MOST_POINTS:
        return np.arange(length)
    return np.unique(np.linspace(0, length - 1, _MOST_POINTS).round().astype(np.int64))
