"""What a legend calls runs: only what differs between them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from helper.comparing.comparison import Group, differing_settings, text
from helper.runs.listing import ListedRun


def of_runs(runs: Sequence[ListedRun]) -> list[str]:
    """A label for each run, all of them different: "learning_rate=0.5, seed=1".

    Of several experiments, each label begins with the experiment, and names what differs within
    it. Where the settings do not tell runs apart, their numbers do; a run without a record, or one
    without another beside it, is called by its name.
    """
    families: dict[Any, list[ListedRun]] = {}
    for run in runs:
        families.setdefault(_experiment(run), []).append(run)
    differing = {name: differing_settings(family) for name, family in families.items()}
    shown = []
    for run in runs:
        first = ["experiment"] * (len(families) > 1)
        names = [*first, *differing[_experiment(run)]]
        shown.append(_settings({name: run.fields.get(name) for name in names}))
    labels = []
    for run, label in zip(runs, shown, strict=True):
        if not run.record or not label:
            label = _brief(run, runs)
        elif shown.count(label) > 1:
            label = f"{_number(run)} {label}"
        labels.append(label)
    return unlike(labels, [run.name for run in runs])


def of_groups(groups: Sequence[Group]) -> list[str]:
    """A label for each group of one experiment: the settings in which the groups differ."""
    names = dict.fromkeys(name for group in groups for name in group.settings)
    differing = [
        name for name in names if len({text(group.settings.get(name)) for group in groups}) > 1
    ]
    labels = [
        _settings({name: group.settings.get(name) for name in differing}) or group.name
        for group in groups
    ]
    return unlike(labels, [group.name for group in groups])


def unlike(labels: Sequence[str], names: Sequence[str]) -> list[str]:
    """The labels; where two are equal, the names instead."""
    return [
        name if labels.count(label) > 1 else label
        for label, name in zip(labels, names, strict=True)
    ]


def short_names(names: Sequence[str]) -> list[str]:
    """Names of runs beside columns of their settings: without the directories that all of them are
    in, and of 0001-seed=2 the number. A name without others beside it stays whole."""
    if len(names) == 1:
        return list(names)
    prefix = os.path.commonprefix(list(names))
    cut = prefix.rfind("/") + 1
    return [re.sub(r"(\d{4,})-[^/]*=[^/]*$", r"\1", name[cut:]) for name in names]


def shortened_alike(labels: Sequence[str], *lengths: int) -> list[str]:
    """All of them at the first of the lengths at which they still differ, else at the last."""
    short = list(labels)
    for length in lengths:
        short = [shortened(label, length) for label in labels]
        if len(set(short)) == len(set(labels)):
            break
    return short


def shortened(label: str, length: int) -> str:
    """At most `length` characters: the middle goes, because the ends tell names apart."""
    if len(label) <= length:
        return label
    end = (length - 1) // 2
    return f"{label[: length - 1 - end]}…{label[len(label) - end :]}"


def _settings(settings: Mapping[str, Any]) -> str:
    """ "experiment" is shown by its value alone; what a run does not have is left out."""
    return ", ".join(
        text(value) if name == "experiment" else f"{name}={text(value)}"
        for name, value in settings.items()
        if value is not None
    )


def _brief(run: ListedRun, runs: Sequence[ListedRun]) -> str:
    """The name; beside others of the same experiment, its number."""
    alike = [other for other in runs if _experiment(other) == _experiment(run)]
    return _number(run) if run.record and len(alike) == len(runs) > 1 else run.name


def _experiment(run: ListedRun) -> Any:
    return run.fields.get("experiment")


def _number(run: ListedRun) -> str:
    """0003 of softmax/0003-seed=1."""
    last = run.name.rpartition("/")[2]
    found = re.match(r"\d{4,}", last)
    return found[0] if found else last
