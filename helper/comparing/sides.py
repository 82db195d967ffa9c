"""The sides of a verdict: which runs are compared, when only the settings are named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from helper.comparing import where
from helper.comparing.agreeing import (
    Agreement,
    Combination,
    LeftOut,
    best,
    deciding_settings,
    several_seeds,
    why_unusable,
)
from helper.comparing.alternatives import Alternatives
from helper.comparing.comparison import ordered, select
from helper.comparing.conditions import condition
from helper.comparing.request import Request
from helper.errors import UsageError
from helper.runs import listing
from helper.runs.listing import ListedRun


@dataclass(frozen=True)
class Sides:
    """What is compared. names: of the sides; runs: of each; settings: what the runs have in common
    and others that were asked for do not, None where the sides name the runs themselves; left_out:
    {why: names of runs} that were asked for but not used."""

    names: list[str]
    runs: list[list[ListedRun]]
    settings: dict[str, Any] | None = None
    left_out: LeftOut = field(default_factory=dict)


def resolve(names: Sequence[str], runs: Sequence[ListedRun], request: Request) -> Sides:
    """The sides of a verdict between chosen runs.

    names: two or more names, globs or conditions, or the name of one setting, which stands for all
    of its values. Where all are conditions on settings, the runs must agree in everything else: of
    all ways to choose them, the one with the most seeds is taken. Raises UsageError, with a command
    that works, where there is none, or several are equally good.
    """
    if len(names) == 1:
        return _values(names[0], runs, request)
    if len(set(names)) < len(names):
        twice = next(name for name, count in Counter(names).items() if count > 1)
        raise UsageError(f"--verdict: {twice} is given twice")
    sides, asked = [], []
    for name in names:
        side, fields = _side(name, runs, request)
        sides.append(side)
        asked.append(fields & {"experiment", "seed", *deciding_settings(side)})
    if not all(asked):
        return Sides(list(names), sides)
    return _agreeing(names, sides, set.union(*asked), request)


def _side(
    name: str, runs: Sequence[ListedRun], request: Request
) -> tuple[list[ListedRun], set[str]]:
    """The chosen runs that one side names, by directory, glob or condition, and the fields that the
    condition asks for."""
    fields: set[str] = set()
    try:
        wanted = {listed.name for listed in listing.find(request.logdir, [name])}
        side = [listed for listed in runs if listed.name in wanted]
    except UsageError:
        if not any(sign in name for sign in "<>=~"):
            raise
        fields = where.parse(name)[1]
        side = select(runs, name)
    if not side:
        raise UsageError(f"{name} matches none of the chosen runs")
    return side, fields


def _agreeing(
    names: Sequence[str], sides: Sequence[Sequence[ListedRun]], free: set[str], request: Request
) -> Sides:
    usable = []
    for name, side in zip(names, sides, strict=True):
        usable.append([run for run in side if not why_unusable(run)])
        if not usable[-1]:
            why = ", ".join(f"{run.name}: {why_unusable(run)}" for run in side[:3])
            raise UsageError(
                f"{name} matches no completed run with predictions ({why}); to see what there is: "
                f"{request.table('--group_by=-seed')}"
            )
    agreement = Agreement((run for side in usable for run in side), free)
    alternatives = Alternatives(names, usable, agreement, request)
    found = best(agreement.combinations(names, usable))
    if not found:
        raise alternatives.none()
    if len(found) > 1:
        raise alternatives.several(found)
    if 1 in (sizes := [len(side) for side in found[0].sides]) and max(sizes) > 1:
        raise alternatives.uneven(found[0])
    return _sides(found[0], sides, agreement)


def _values(name: str, runs: Sequence[ListedRun], request: Request) -> Sides:
    """All values of one setting as the sides, within the best combination of the others."""
    known = ["experiment", "seed", *deciding_settings(runs)]
    if name not in known:
        raise UsageError(
            f"--verdict takes two sides or more, or one setting ({', '.join(known)}); {name} is "
            "not a setting"
        )
    matched = [run for run in runs if run.record and run.fields.get(name) is not None]
    usable = [run for run in matched if not why_unusable(run)]
    agreement = Agreement(usable, {name})
    values: dict[str, list[ListedRun]] = {}
    contexts: dict[tuple, dict[str, list[ListedRun]]] = {}
    for run in ordered(usable, name, lambda run: run.fields[name]):
        value = condition({name: run.fields[name]})
        values.setdefault(value, []).append(run)
        contexts.setdefault(agreement.context(run), {}).setdefault(value, []).append(run)
    if len(values) < 2:
        raise UsageError(
            f"the completed runs have no two values of {name}; to see what there is: "
            f"{request.table('--group_by=-seed')}"
        )
    found = [
        combination
        for own in contexts.values()
        if len(own) > 1
        for combination in agreement.combinations(*several_seeds(own))
    ]
    if not found:
        raise Alternatives(list(values), list(values.values()), agreement, request).none()
    if len(good := best(found)) > 1:
        names = good[0].names
        sides = [values[value] for value in names]
        raise Alternatives(names, sides, agreement, request).several(good)
    return _sides(good[0], [matched], agreement)


def _sides(
    chosen: Combination, asked: Sequence[Sequence[ListedRun]], agreement: Agreement
) -> Sides:
    """The chosen combination, with what tells it from other runs, and why these are left out."""
    everyone = {run.name: run for side in asked for run in side if run.record}
    used = {run.name for side in chosen.sides for run in side}
    variants = {agreement.variant(side[0]) for side in chosen.members}
    seen = used | {name for names in chosen.left_out.values() for name in names}
    left_out: LeftOut = dict(chosen.left_out)
    for run in everyone.values():
        if run.name not in seen:
            same = agreement.variant(run) in variants
            why = why_unusable(run) if same else "other settings"
            left_out.setdefault(why, []).append(run.name)
    first = chosen.sides[0][0]
    settings = {} if "experiment" in agreement.free else {"experiment": first.fields["experiment"]}
    context = agreement.context(first)
    others = [run for run in everyone.values() if agreement.context(run) != context]
    for name in agreement.shared:
        # Other experiments have settings of their own, which would say nothing here.
        alike = (r for r in others if r.fields["experiment"] == first.fields["experiment"])
        if any(run.flags.get(name) != first.flags.get(name) for run in alike):
            settings[name] = first.fields.get(name)
    return Sides(chosen.names, chosen.sides, settings, left_out)
