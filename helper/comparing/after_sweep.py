"""The command that says which setting of a sweep is better."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from helper.comparing.agreeing import Agreement, several_seeds, why_unusable
from helper.comparing.alternatives import Alternatives
from helper.comparing.comparison import differing_settings, ordered, select
from helper.comparing.conditions import condition
from helper.comparing.ranking import MOST_SIDES
from helper.comparing.request import Request
from helper.errors import UsageError
from helper.runs import listing
from helper.runs.listing import ListedRun


def verdict_command(runs: Sequence[ListedRun], logdir: Path) -> str | None:
    """The command for a verdict between the settings of a sweep's completed runs, whatever other
    runs the log directory has; None if they differ in the seed only, or cannot be compared."""
    usable = [run for run in runs if not why_unusable(run)]
    varied = [name for name in differing_settings(usable) if name != "seed"]
    for name in reversed(varied):
        usable = ordered(usable, name, _value(name))
    swept: dict[str, list[ListedRun]] = {}
    for run in usable:
        own = condition({name: run.fields.get(name) for name in varied})
        swept.setdefault(own, []).append(run)
    names, members = several_seeds(swept)
    if not varied or not 2 <= len(names) <= MOST_SIDES:
        return None
    experiment = condition({"experiment": usable[0].fields["experiment"]})
    try:
        everyone = select(listing.find(logdir), experiment)
        comparable = [run for run in everyone if not why_unusable(run)]
        sides = [select(comparable, name) for name in names]
    except UsageError:  # a value with quotes of both kinds, which no condition can name
        return None
    agreement = Agreement((run for side in sides for run in side), set(varied))
    for combination in agreement.combinations(names, sides):
        if all(map(_contains, combination.members, members)):
            request = Request(logdir, where=experiment)
            return Alternatives(names, sides, agreement, request).command(combination)
    return None


def _contains(side: Sequence[ListedRun], runs: Sequence[ListedRun]) -> bool:
    return {run.name for run in runs} <= {run.name for run in side}


def _value(name: str) -> Callable[[ListedRun], Any]:
    return lambda run: run.fields.get(name)
