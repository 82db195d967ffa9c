"""Climb the rungs of successive halving: train who is left, judge them, go on with the best."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from helper.errors import LabError
from helper.runs.listing import ListedRun
from helper.sweeping import halving, judging
from helper.sweeping.halving import Rung
from helper.sweeping.halving_settings import Candidate
from helper.sweeping.setting import Setting
from helper.sweeping.sweep import Outcome

# Trains settings to the end of a rung, by its number.
Train = Callable[[Sequence[Setting], int], Sequence[Outcome]]


@dataclass(frozen=True)
class Standing:
    """Where a candidate ended. rung: the last it took part in, from 1; status: "completed",
    "diverged" or "failed", there; value: the mean metric of its seeds after that rung's steps, None
    if it has none; runs: one for each seed that has one; trained: their steps in all."""

    candidate: Candidate
    rung: int
    status: str
    value: float | None
    runs: list[ListedRun]
    trained: int


@dataclass(frozen=True)
class Climbed:
    """standings: the best first. tag: of the metric that decided, "" if nothing could be judged.
    full: the steps that all runs take if they are trained to the end."""

    rungs: Sequence[Rung]
    standings: list[Standing]
    tag: str
    full: int

    @property
    def trained(self) -> int:
        """The steps of all runs."""
        return sum(standing.trained for standing in self.standings)

    @property
    def finalists(self) -> list[Standing]:
        """Those that completed the last rung, the best first."""
        return [s for s in self.standings if s.rung == len(self.rungs) and s.value is not None]


def climb(rungs: Sequence[Rung], candidates: Sequence[Candidate], train: Train) -> Climbed:
    """Train the candidates rung by rung; a rung is decided when all its runs have ended.

    A candidate is judged by the mean of its seeds; of equal ones, the earlier goes on. One with a
    run that diverged or failed never goes on and is ranked after all others; if fewer are sound
    than should go on, fewer do. Raises LabError for runs that cannot be judged, and if one was cut
    short, because it might be among the best.
    """
    ranked: list[Standing] = []
    unsound: list[Standing] = []
    left, tag = list(candidates), ""
    for number, rung in enumerate(rungs, 1):
        outcomes = train([setting for own in left for setting in own.settings], number)
        _check_not_cut_short(outcomes)
        found = {outcome.setting: outcome for outcome in outcomes}
        standings = [_standing(candidate, number, rung.steps, found) for candidate in left]
        rule = judging.rule([run for standing in standings for run in standing.runs])
        tag = rule.tag if rule else tag
        values = [standing.value for standing in standings]
        places = halving.ranked(values, bool(rule and rule.lower_is_better))
        go_on = rungs[number].candidates if number < len(rungs) else 0
        ranked[:0] = [standings[place] for place in places[go_on:]]
        unsound[:0] = [own for place, own in enumerate(standings) if place not in places]
        left = [left[place] for place in sorted(places[:go_on])]
        if not left:
            break
    full = rungs[-1].steps * sum(len(candidate.settings) for candidate in candidates)
    return Climbed(rungs, ranked + unsound, tag, full)


def _check_not_cut_short(outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        status = outcome.run.status if outcome.run else ""
        if outcome.status != "completed" and status in ("interrupted", "killed", "running"):
            assert outcome.run is not None
            raise LabError(
                f"{outcome.run.name} was cut short, and the rung cannot be decided without it; the "
                "same command continues from here"
            )


def _standing(
    candidate: Candidate, number: int, steps: int, found: Mapping[Setting, Outcome]
) -> Standing:
    outcomes = [found[setting] for setting in candidate.settings]
    runs = [outcome.run for outcome in outcomes if outcome.run is not None]
    bad = [outcome.status for outcome in outcomes if outcome.status != "completed"]
    values = [judging.value_at(run, steps) for run in runs]
    sound = [value for value in values if value is not None]
    whole = not bad and len(sound) == len(outcomes)
    return Standing(
        candidate,
        number,
        "completed" if whole else (bad[0] if bad else "failed"),
        statistics.fmean(sound) if whole else None,
        runs,
        sum(_trained(outcome, steps) for outcome in outcomes),
    )


def _trained(outcome: Outcome, steps: int) -> int:
    if outcome.status == "completed":
        return steps
    return min(outcome.run.record.step, steps) if outcome.run and outcome.run.record else 0
