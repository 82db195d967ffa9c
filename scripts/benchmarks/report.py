"""The results of a race, as a table on the terminal or in Markdown."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from helper import tables
from scripts.benchmarks import load
from scripts.benchmarks.contestants import CONTESTANTS
from scripts.benchmarks.race import Result

COLUMNS = (
    "contestant",
    "µs per step",
    "fastest",
    "slowest",
    "times this project",
    "aim",
    "loss",
    "accuracy",
)

# How many times as long as this project each contestant should take at least, on 2 cores.
AIMS = {
    "hidden_layer": {"fetch": 1.6, "feed": 1.4, "keras": 3.0, "eager": 1.5, "jax": 1.05},
    "softmax": {"fetch": 4.0, "feed": 2.7, "keras": 8.0, "eager": 2.0, "jax": 1.0},
    "s0": {"keras": 3.0},
}

# How many times the floor this project should take at most.
FLOOR_AIMS = {"hidden_layer": 1.5}

# All do the same steps on the same data, in a different order and from different random weights. If
# the losses differ by more than this share, they do not compute the same thing. When nearly all
# training examples are right, the rest of the loss is chance.
_SIMILAR = 0.15
_CHANCE = 0.01


def rows(network: str, results: Sequence[Result]) -> list[list[str]]:
    """A row for each contestant: medians over turns, and the ratio with this project."""
    project = next(result for result in results if result.name == "project")
    found = []
    for result in results:
        times = result.microseconds()
        ratio = result.times(project)
        aim = AIMS.get(network, {}).get(result.name)
        found.append(
            [
                CONTESTANTS[result.name].title,
                f"{statistics.median(times):,.0f}",
                f"{min(times):,.0f}",
                f"{max(times):,.0f}",
                "" if result is project else f"{ratio:.2f}",
                _floor_aim(network, ratio) if result.name == "floor" else _aim(aim, ratio),
                *(_last(value) for value in (result.turns[-1].loss, result.turns[-1].accuracy)),
            ]
        )
    return found


def _aim(aim: float | None, ratio: float) -> str:
    return f"≥ {aim:g} {'✓' if ratio >= aim else '✗'}" if aim else ""


def _floor_aim(network: str, ratio: float) -> str:
    aim = FLOOR_AIMS.get(network)
    return f"project ≤ {aim:g} × floor {'✓' if aim * ratio >= 1 else '✗'}" if aim else ""


def unlike(results: Sequence[Result]) -> list[str]:
    """A line for each contestant whose final loss differs from this project's."""
    project = next(result for result in results if result.name == "project").turns[-1].loss
    return [
        f"{CONTESTANTS[result.name].title} ends at loss {result.turns[-1].loss:.4f}, "
        f"this project at {project:.4f}: they do not compute the same thing"
        for result in results
        if abs(result.turns[-1].loss - project) > max(_SIMILAR * project, _CHANCE)
    ]


def others(results: Sequence[Result]) -> str:
    """A line on how much other programs used the machine meanwhile."""
    cores = [turn.others for result in results for turn in result.turns if turn.others is not None]
    if not cores:
        return "It is not known how busy other programs were."
    quiet = sum(used <= load.QUIET for used in cores) / len(cores)
    return (
        f"Other programs used {statistics.mean(cores):.1f} cores; in {quiet:.0%} of the turns at "
        f"most {load.QUIET:g}."
    )


def show(
    title: str, columns: Sequence[str], found: Sequence[Sequence[str]], markdown: bool
) -> None:
    """Print a table, for a terminal or in Markdown."""
    if not markdown:
        tables.show(columns, found, title)
        return
    lines = [columns, ["---", *["---:"] * (len(columns) - 1)], *found]
    print(f"**{title}**\n")
    print("\n".join(f"| {' | '.join(line)} |" for line in lines), end="\n\n")


def _last(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.4f}"
