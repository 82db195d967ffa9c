"""Groups of runs that agree in everything but the seed, with a key and a label for each run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from helper.comparing import labels
from helper.comparing.comparison import group, setting_key
from helper.runs.flag_roles import role
from helper.runs.listing import ListedRun


class Member(NamedTuple):
    """Of which group a run is. key: equal for the runs of one group, and the same as long as they
    exist, whatever other runs there are; label: what tells the group from the others."""

    key: str
    label: str


def key(run: ListedRun) -> str:
    """Equal for runs of one experiment on the same data that agree in all settings but the seed;
    a run without a record has one of its own."""
    if run.record is None:
        return f"run:{run.name}"
    settings = {
        name: setting_key(value)
        for name, value in sorted(run.flags.items())
        if role(name).decides and name != "seed" and value is not None
    }
    agreed: list[Any] = [run.record.experiment, run.data_sha256, settings]
    text = json.dumps(agreed, ensure_ascii=True)
    return f"{run.record.experiment}:{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def members(runs: Sequence[ListedRun]) -> dict[str, Member]:
    """{name of a run: its group}."""
    found = {run.name: Member(key(run), run.name) for run in runs if run.record is None}
    families: dict[str, list[ListedRun]] = {}
    for run in runs:
        if run.record is not None:
            families.setdefault(run.record.experiment, []).append(run)
    for experiment, family in families.items():
        groups = group(family, ["-seed"] if _has_seed(family) else [])
        names = labels.of_groups(groups)
        for own, label in zip(groups, names, strict=True):
            if len(groups) == 1:
                label = experiment
            elif len(families) > 1:
                label = f"{experiment} {label}"
            own_key = key(own.runs[0])
            found.update((run.name, Member(own_key, label)) for run in own.runs)
    return found


def _has_seed(runs: Sequence[ListedRun]) -> bool:
    return any("seed" in run.flags for run in runs)
