"""A sweep's settings as successive halving needs them: short, and judged on a validation split."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from helper.errors import UsageError
from helper.sweeping import halving
from helper.sweeping.halving import Rung
from helper.sweeping.setting import Setting, varied

_SPLIT = "0.1"
_EVERY = 1000  # the default of --eval_every in every experiment
# In these the runs must agree: they decide on which images, by what and when a run is judged.
_COMMON = ("steps", "validation_split", "dataset", "data_dir", "select_by", "eval_every")


class Candidate(NamedTuple):
    """What is judged as one. own: the items that set it apart; settings: one for each seed."""

    own: Setting
    settings: tuple[Setting, ...]

    @property
    def name(self) -> str:
        """ "learning_rate=0.1 layers=16"."""
        return " ".join(item.lstrip("-") for item in self.own) or "the run"


class Prepared(NamedTuple):
    """notes: what was added to the settings, and why, one line each."""

    candidates: list[Candidate]
    rungs: list[Rung]
    notes: list[str]


def prepare(settings: Sequence[Setting], factor: int, min_steps: int) -> Prepared:
    """Settings that train to the first rung, and the rungs; --steps is where the last one ends.

    Without --validation_split one is added, because the test set must not choose. Every rung must
    end with an evaluation that the run in one go has as well, so --eval_every must divide the steps
    of the first; where it is not given and the default does not, one that does is added. Raises
    UsageError.
    """
    given = {flag: _common(settings, flag) for flag in _COMMON}
    if any(_value(setting, "epochs") is not None for setting in settings):
        raise UsageError("--halving counts steps: give --steps in place of --epochs")
    max_steps = None if given["steps"] is None else _whole("steps", given["steps"])
    groups = _by_setting(settings)
    rungs = halving.plan(len(groups), factor, min_steps, max_steps)
    added, notes = [f"--steps={min_steps}"], []
    if given["validation_split"] is None:
        added.append(f"--validation_split={_SPLIT}")
        notes.append(
            f"--validation_split={_SPLIT} is added: --halving judges the runs by training examples "
            "that are held out, never by the test set"
        )
    elif _is_zero(given["validation_split"]):
        raise UsageError(
            "--halving needs a validation split, because the test set must not choose; give for "
            f"example --validation_split={_SPLIT}"
        )
    every = _near_default(min_steps)
    if given["eval_every"] is None and every != _EVERY:
        added.append(f"--eval_every={every}")
        notes.append(f"--eval_every={every} is added, so that every rung ends with an evaluation")
    elif given["eval_every"] is not None and min_steps % _whole("eval_every", given["eval_every"]):
        raise UsageError(
            f"--eval_every={given['eval_every']} does not divide --min_steps={min_steps}: a rung "
            f"must end with an evaluation; give for example --eval_every={every}"
        )
    different = varied(settings)
    candidates = [
        Candidate(
            tuple(item for item in key if item in different),
            tuple((*_without(setting, "--steps="), *added) for setting in members),
        )
        for key, members in groups.items()
    ]
    return Prepared(candidates, rungs, notes)


def _by_setting(settings: Sequence[Setting]) -> dict[Setting, list[Setting]]:
    """The settings that differ in the seed only, in their order."""
    groups: dict[Setting, list[Setting]] = {}
    for setting in settings:
        groups.setdefault(_without(setting, "--seed="), []).append(setting)
    return groups


def _without(setting: Setting, start: str) -> Setting:
    return tuple(item for item in setting if not item.startswith(start))


def _common(settings: Sequence[Setting], flag: str) -> str | None:
    """The value that a flag has in all settings. Raises UsageError where it has several."""
    values = {_value(setting, flag) for setting in settings}
    if len(values) > 1:
        raise UsageError(f"--halving judges all runs alike; give one --{flag} for all of them")
    return next(iter(values), None)


def _value(setting: Setting, flag: str) -> str | None:
    """What the setting, or a flag file in it, gives for a flag: the last one counts."""
    found = None
    for word in _words(setting):
        name, equals, value = word.partition("=")
        if equals and name.lstrip("-") == flag:
            found = value
    return found


def _words(setting: Setting) -> Iterator[str]:
    for item in setting:
        if not item.startswith("--flagfile="):
            yield item
            continue
        try:
            lines = Path(item.partition("=")[2]).expanduser().read_text().splitlines()
        except (OSError, UnicodeError):
            continue  # the experiment says what is wrong with it
        yield from (line.strip() for line in lines if line.strip().startswith("-"))


def _whole(flag: str, value: str) -> int:
    if not (value.isascii() and value.isdecimal() and len(value) < 20 and int(value)):
        raise UsageError(f"--{flag}={value} is not a whole number of at least 1")
    return int(value)


def _is_zero(value: str) -> bool:
    try:
        return float(value) == 0
    except ValueError:  # the experiment says what is wrong with it
        return False


def _near_default(steps: int) -> int:
    """The divisor of a number of steps that is nearest to the default interval, as a ratio."""
    small = [n for n in range(1, math.isqrt(steps) + 1) if steps % n == 0]
    divisors = [*small, *(steps // n for n in small)]
    return min(divisors, key=lambda n: abs(math.log(n / _EVERY)))
