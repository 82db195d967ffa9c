"""A verdict for the terminal: which runs it is about, and a ranking as tables and a sentence."""

from __future__ import annotations

import math
from typing import Any

from helper import tables
from helper.comparing.comparison import text
from helper.comparing.power import MOST_SEEDS, POWER
from helper.comparing.ranking import Pair, Ranking
from helper.comparing.sides import Sides
from helper.comparing.verdict import NO_DIFFERENCE, percent, points
from helper.errors import printable

_MOST_SIDES_WITH_ALL_PAIRS = 12
_MOST_NAMED = 3


def used(sides: Sides) -> str:
    """Which runs are compared, and which of those that were asked for are not, in one line."""
    sizes = [len(side) for side in sides.runs]
    number = f"{sizes[0]} on each side" if len(set(sizes)) == 1 else " + ".join(map(str, sizes))
    seeds = [[run.fields.get("seed") for run in side] for side in sides.runs]
    if all(own == seeds[0] for own in seeds):
        number += f" (seed {_listed(seeds[0])})" if len(seeds[0]) == 1 else ""
        number += f" (seeds {_listed(seeds[0])})" if len(seeds[0]) > 1 else ""
    settings = ", ".join(f"{name}={text(value)}" for name, value in (sides.settings or {}).items())
    out = [
        f"{', '.join(names) if len(names) <= _MOST_NAMED else f'{len(names)} runs'} ({why})"
        for why, names in sides.left_out.items()
    ]
    return f"runs: {number}{f', {settings}' if settings else ''}" + (
        f"; left out: {', '.join(out)}" if out else ""
    )


def _listed(seeds: list[Any]) -> str:
    """1, 2, 3 as "1 to 3"; a few others one by one."""
    if all(isinstance(seed, int) for seed in seeds):
        seeds = sorted(seeds)
        if len(seeds) > 2 and seeds[-1] - seeds[0] == len(seeds) - 1:
            return f"{seeds[0]} to {seeds[-1]}"
    return ", ".join(map(str, seeds[:10])) + ("…" if len(seeds) > 10 else "")


def show(ranking: Ranking) -> None:
    """Print the sides in order, the pairs, and which of them are tied."""
    places = {side.name: place for place, side in enumerate(ranking.sides, 1)}
    sides = [
        [
            str(place) if side.rank == place else f"{place} (= {side.rank})",
            side.name,
            str(side.n),
            f"{100 * side.mean:.2f}",
            "–" if side.deviation is None else f"± {100 * side.deviation:.2f}",
        ]
        for place, side in enumerate(ranking.sides, 1)
    ]
    tables.show(["rank", "setting", "n", "test accuracy %", "deviation"], sides, left=True)
    pairs = ranking.against_best
    if len(places) <= _MOST_SIDES_WITH_ALL_PAIRS:
        pairs = ranking.pairs
    interval = f"{percent(ranking.confidence)} interval"
    headers = ["pair", "points", interval, "p (Holm)", "verdict", "could show", "seeds to settle"]
    tables.show(headers, [_row(pair, places) for pair in pairs], left=True)
    for line in explanation(ranking, len(pairs)):
        print(printable(line))


def _row(pair: Pair, places: dict[str, int]) -> list[str]:
    verdict = pair.verdict
    smallest, seeds = "", ""
    if pair.word == NO_DIFFERENCE and verdict.design is not None:
        least = verdict.design.smallest_difference(pair.strict)
        smallest = "nothing" if least is None or least > 1 else f"{100 * least:.2f}"
        needed = verdict.design.seeds_to_settle(verdict.difference, pair.strict)
        seeds = "–" if needed is None else f"about {needed:,}"
        if needed is not None and needed > MOST_SEEDS:
            seeds = f"over {MOST_SEEDS:,}"
    return [
        f"{places[pair.better]} – {places[pair.other]}",
        points(verdict.difference),
        "–" if math.isnan(verdict.low) else f"{points(verdict.low)} to {points(verdict.high)}",
        f"{pair.p_value:.2g}",
        "tied" if pair.word == NO_DIFFERENCE else "better",
        smallest,
        seeds,
    ]


def explanation(ranking: Ranking, shown: int) -> list[str]:
    """What the tables mean, and the verdict in one sentence, a line each."""
    pairs, count = ranking.pairs, len(ranking.pairs)
    tests = ", ".join(dict.fromkeys(pair.verdict.test for pair in pairs))
    lines = [f"p: {tests}, corrected for {count} pairs; each interval is for its pair alone"]
    if shown < count:
        lines.append(
            f"the table has only the {shown} pairs with the best; all {count} were compared"
        )
    tied = [pair for pair in pairs if pair.word == NO_DIFFERENCE]
    if tied:
        lines.append(
            f"could show: the smallest difference with {POWER:.0%} power at "
            f"{percent(tied[0].strict)} confidence, {percent(ranking.confidence)} for all pairs"
        )
    lines.append(sentence(ranking))
    lines += dict.fromkeys(pair.verdict.note for pair in pairs if pair.verdict.note)
    return lines


def sentence(ranking: Ranking) -> str:
    """Which side is best, and which it cannot be told from."""
    best, tied = ranking.sides[0].name, ranking.tied_with_best
    if not tied:
        return f"verdict: best: {best}; all others are worse"
    return f"verdict: best: {best}; tied with it: {', '.join(tied)} ({NO_DIFFERENCE})"
