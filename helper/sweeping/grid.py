"""The settings of a sweep: every combination, or so many drawn at random."""

from __future__ import annotations

import itertools
import math
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from helper.errors import UsageError

_WHOLE_RANGE = re.compile(r"(\d+)\.\.(\d+)")
_REAL_RANGE = re.compile(r"([\d.]+(?:e-?\d+)?)\.\.([\d.]+(?:e-?\d+)?)")
_MOST = 100_000


@dataclass(frozen=True)
class Between:
    """Any number from low to high, its logarithm drawn uniformly."""

    low: float
    high: float

    def draw(self, source: random.Random) -> str:
        return f"{math.exp(source.uniform(math.log(self.low), math.log(self.high))):.4g}"


Choices = dict[str, "list[str] | Between"]
# The flags of one run, as the command line gives them: ("--learning_rate=0.1", "--seed=1").
Setting = tuple[str, ...]


def parse(arguments: Sequence[str]) -> Choices:
    """{flag: its values} from arguments such as --learning_rate=0.1,0.5 and --seed=1..5.

    Values stand between commas, or, where one of them holds commas itself, between semicolons.
    1..5 means 1, 2, 3, 4, 5; 0.01..1.0 means any number between. A flag without "=" is passed on
    as it is. Raises UsageError.
    """
    found: Choices = {}
    for argument in arguments:
        name, equals, text = argument.partition("=")
        if not re.fullmatch(r"--?[A-Za-z]\w*", name):
            raise UsageError(f"{argument!r} is no setting; write --name=value,value")
        flag = "--" + name.lstrip("-")
        if flag in found:
            raise UsageError(f"{flag} is given twice")
        found[flag] = _values(flag, text) if equals else []
    return found


def combinations(choices: Choices) -> list[Setting]:
    """Every combination; the last flag changes fastest."""
    for flag, values in choices.items():
        if isinstance(values, Between):
            raise UsageError(f"{flag} is a range of any numbers: draw from it with --random N")
    lists = [_spelled(flag, values) for flag, values in choices.items()]
    count = math.prod(len(values) for values in lists)
    if count > _MOST:
        raise UsageError(f"that is {count:,} runs; draw some of them with --random N")
    return list(itertools.product(*lists))


def draw(choices: Choices, number: int, search_seed: int) -> list[Setting]:
    """So many different combinations at random, each with every seed that is given.

    The same search_seed gives the same settings; a larger number adds to them.
    """
    source = random.Random(search_seed)
    seeds = choices.get("--seed")
    repeats = _spelled("--seed", seeds) if seeds else [None]
    found: dict[Setting, None] = {}
    # Where the choices are few, all of them may be found before the number is reached.
    for _ in range(100 * number):
        setting = tuple(
            f"{flag}={values.draw(source)}"
            if isinstance(values, Between)
            else source.choice(_spelled(flag, values))
            for flag, values in choices.items()
            if flag != "--seed"
        )
        found[setting] = None
        if len(found) == number:
            break
    return [setting if seed is None else (*setting, seed) for setting in found for seed in repeats]


def _spelled(flag: str, values: list[str] | Between) -> list[str]:
    assert not isinstance(values, Between)
    return [f"{flag}={value}" for value in values] or [flag]


def _values(flag: str, text: str) -> list[str] | Between:
    if ";" in text:
        return text.removesuffix(";").split(";")
    values: list[str] = []
    for part in text.split(","):
        if match := _WHOLE_RANGE.fullmatch(part):
            first, last = int(match[1]), int(match[2])
            if last < first or last - first >= _MOST:
                raise UsageError(f"{flag}={text}: {part} is no range from low to high")
            values += map(str, range(first, last + 1))
        elif match := _REAL_RANGE.fullmatch(part):
            try:
                low, high = float(match[1]), float(match[2])
            except ValueError:
                low = high = 0.0
            if not 0 < low < high or part != text:
                raise UsageError(f"{flag}={text}: write one range of numbers above 0, low to high")
            return Between(low, high)
        else:
            values.append(part)
    if len(set(values)) < len(values):
        raise UsageError(f"{flag}={text} gives a value twice")
    return values
