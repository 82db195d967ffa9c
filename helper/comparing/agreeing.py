"""Runs that agree in everything but the settings that are compared, and the seed."""

from __future__ import annotations

import functools
import itertools
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from helper.comparing.comparison import setting_key
from helper.errors import UsageError
from helper.runs import listing
from helper.runs.flag_roles import role
from helper.runs.listing import ListedRun, load_predictions

_MOST_COMBINATIONS = 10_000
LeftOut = dict[str, list[str]]  # {why: the names of runs}


@dataclass(frozen=True)
class Combination:
    """One way to fill the sides of a comparison.

    members: for each side, all runs of one setting that could be used; sides: of them, those that
    make the comparison fair, one for each seed; left_out: the others; paired: whether all sides
    have the same seeds.
    """

    names: list[str]
    members: list[list[ListedRun]]
    sides: list[list[ListedRun]]
    left_out: LeftOut = field(default_factory=dict)
    paired: bool = False

    @property
    def rank(self) -> tuple[Any, ...]:
        """The highest is the best: several seeds on each side, then more sides, then more seeds."""
        sizes = [len(side) for side in self.sides]
        return (min(sizes) > 1, len(sizes), min(sizes), self.paired, sum(sizes))


class Agreement:
    """What must agree within a comparison of some runs. free: the fields that need not: those which
    the sides are about."""

    def __init__(self, runs: Iterable[ListedRun], free: AbstractSet[str]) -> None:
        runs = list(runs)
        self.free = free
        self.settings = deciding_settings(runs)
        # Two experiments agree if they do in the settings that both have.
        self.shared = [
            name
            for name in self.settings
            if name not in free
            and ("experiment" not in free or all(name in run.flags for run in runs))
        ]

    def context(self, run: ListedRun) -> tuple[Any, ...]:
        """Equal for the runs that can be compared."""
        experiment = None if "experiment" in self.free else run.fields["experiment"]
        return (experiment, run.data_sha256, _answers(run)[1], *_keys(run, self.shared))

    def variant(self, run: ListedRun) -> tuple[Any, ...]:
        """Equal for the runs of one setting, whatever their seed."""
        return (run.fields["experiment"], run.data_sha256, *_keys(run, self.settings))

    def combinations(
        self, names: Sequence[str], sides: Sequence[Sequence[ListedRun]]
    ) -> list[Combination]:
        """Every way to take runs of one setting for each side such that all of them agree."""
        found = [self._by_context(side) for side in sides]
        return [
            _fair(names, members)
            for context in found[0]
            if all(context in side for side in found)
            for members in _products([side[context] for side in found])
        ]

    def _by_context(self, side: Iterable[ListedRun]) -> dict[tuple, list[list[ListedRun]]]:
        contexts: dict[tuple, dict[tuple, list[ListedRun]]] = {}
        for run in side:
            variants = contexts.setdefault(self.context(run), {})
            variants.setdefault(self.variant(run), []).append(run)
        return {context: list(variants.values()) for context, variants in contexts.items()}


def deciding_settings(runs: Iterable[ListedRun]) -> list[str]:
    """The names of the settings that decide what a run computes, without the seed."""
    names = dict.fromkeys(name for run in runs for name in run.flags)
    return [name for name in names if role(name).decides and name != "seed"]


def best(combinations: Sequence[Combination]) -> list[Combination]:
    """Those of the highest rank: more than one if they are equally good."""
    highest = max((combination.rank for combination in combinations), default=())
    return [combination for combination in combinations if combination.rank == highest]


def several_seeds(
    sides: Mapping[str, list[ListedRun]],
) -> tuple[list[str], list[list[ListedRun]]]:
    """The names and the runs of the sides, without those that have only one seed where two others
    have more: these could not be compared together."""
    seeds = {name: {str(run.fields.get("seed")) for run in side} for name, side in sides.items()}
    several = [name for name in sides if len(seeds[name]) > 1]
    names = several if len(several) > 1 else list(sides)
    return names, [sides[name] for name in names]


def why_unusable(run: ListedRun) -> str:
    """Why a run can take no part in a verdict: its status, or that it has no predictions; "" if it
    can."""
    if run.status != "completed" or run.record is None:
        return str(run.status)
    return listing.why_without_predictions(run) or _answers(run)[0]


@functools.lru_cache(maxsize=4_096)
def _answers(run: ListedRun) -> tuple[str, int]:
    """Why a run's predictions cannot be used, and a number that is equal for equal labels: two
    experiments may ask different things of the same images."""
    try:
        label = load_predictions(run)[1]
    except UsageError:
        return "no predictions that can be read", 0
    return "", zlib.crc32(label.astype(np.int64).tobytes())


def _products(sides: Sequence[list[list[ListedRun]]]) -> Iterator[list[list[ListedRun]]]:
    for members in itertools.islice(itertools.product(*sides), _MOST_COMBINATIONS):
        names = [run.name for side in members for run in side]
        if len(set(names)) == len(names):  # no run is on two sides
            yield list(members)


def _fair(names: Sequence[str], members: list[list[ListedRun]]) -> Combination:
    left_out: LeftOut = {}
    by_seed = [_one_for_each_seed(side, left_out) for side in members]
    kept = _fair_seeds(by_seed)
    sides = []
    for seeds, own in zip(by_seed, kept, strict=True):
        sides.append([run for seed, run in seeds.items() if seed in own])
        for seed, run in seeds.items():
            if seed not in own:
                left_out.setdefault("a seed that not all sides have", []).append(run.name)
    paired = all(own == kept[0] for own in kept)
    return Combination(list(names), members, sides, left_out, paired)


def _one_for_each_seed(side: Sequence[ListedRun], left_out: LeftOut) -> dict[Any, ListedRun]:
    """The first run of each seed: another one with the same settings is equal to the bit."""
    found: dict[Any, ListedRun] = {}
    for run in side:
        seed = run.fields.get("seed")
        first = found.setdefault(seed if isinstance(seed, int) else None, run)
        if first is not run:
            why = "the same settings and seed as another"
            left_out.setdefault(why, []).append(run.name)
    if len(found) > 1 and None in found:
        left_out.setdefault("no seed", []).append(found.pop(None).name)
    return found


def _fair_seeds(sides: Sequence[Mapping[Any, ListedRun]]) -> list[set[Any]]:
    """The seeds to use of each side: those that all sides have, if that leaves half of what there
    is, and one each where only one side has several."""
    every = [set(side) for side in sides]
    common = set.intersection(*every)
    smallest = min(map(len, every))
    if sum(len(seeds) > 1 for seeds in every) < 2:
        first = min(common, key=str, default=None)
        return [{first} if common else {min(seeds, key=str)} for seeds in every]
    if len(common) > 1 and 2 * len(common) >= smallest:
        return [common for _ in every]
    return every


def _keys(run: ListedRun, names: Iterable[str]) -> list[str]:
    return [setting_key(run.flags.get(name)) for name in names]
