"""Successive halving: how many go on to how many steps, and who.

Jamieson and Talwalkar, Non-stochastic best arm identification and hyperparameter optimization,
AISTATS 2016; the numbers are those of SuccessiveHalving in Li et al., Hyperband, JMLR 18 (2018),
but two go on to the last rung where that has one: the best and the second can only be compared
fairly if they are trained equally long.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from helper.errors import UsageError

LAST = 2  # the fewest that a rung has
_MOST_STEPS = 10**9  # that an experiment accepts


class Rung(NamedTuple):
    """steps: that its runs have in all, at its end. candidates: how many settings get there."""

    steps: int
    candidates: int


def plan(count: int, factor: int, min_steps: int, max_steps: int | None = None) -> list[Rung]:
    """The rungs for so many settings.

    Rung k has min_steps · factor^k steps and floor(count / factor^k) settings, at least two; the
    first with two is the last. max_steps: how many the last rung has, which may come earlier and
    then has more settings. Raises UsageError where there is nothing to halve.
    """
    if factor < 2 or min_steps < 1:
        raise UsageError("--halving must be at least 2, and --min_steps at least 1")
    if max_steps is not None and max_steps <= min_steps:
        raise UsageError(f"--steps={max_steps} must be more than --min_steps={min_steps}")
    if count <= LAST:
        raise UsageError(f"--halving needs at least {LAST + 1} settings, seeds not counted")
    rungs = [Rung(min_steps, count)]
    while rungs[-1].candidates > LAST and rungs[-1].steps != max_steps:
        steps, number = rungs[-1].steps * factor, max(LAST, rungs[-1].candidates // factor)
        rungs.append(Rung(steps if max_steps is None else min(steps, max_steps), number))
    if max_steps is not None:
        rungs[-1] = rungs[-1]._replace(steps=max_steps)
    if rungs[-1].steps > _MOST_STEPS:
        raise UsageError(
            f"the last rung would have {rungs[-1].steps:,} steps; limit it with --steps"
        )
    return rungs


def described(rungs: Sequence[Rung], seeds: int = 1) -> str:
    """The plan in one line. seeds: of each setting."""
    first, *others = rungs
    what = "runs" if seeds == 1 else f"settings of {seeds} seeds"
    parts = [f"{first.candidates:,} {what} to {first.steps:,} steps"]
    parts += [f"the best {rung.candidates:,} to {rung.steps:,}" for rung in others]
    return ", ".join(parts)


def ranked(values: Sequence[float | None], lower_is_better: bool) -> list[int]:
    """The places of the sound values, the best first; of equal ones, the earlier first.

    None, and what is not finite, is not sound.
    """
    sound = [i for i, value in enumerate(values) if value is not None and math.isfinite(value)]
    return sorted(sound, key=lambda i: _value(values[i]) * (1 if lower_is_better else -1))


def _value(value: float | None) -> float:
    assert value is not None
    return value
