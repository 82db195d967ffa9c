"""The settings of a sweep: every combination, or a number of them drawn at random."""

from __future__ import annotations

import itertools
import math
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from helper.errors import UsageError
from helper.sweeping.setting import Setting

_WHOLE_RANGE = re.compile(r"(\d{1,18})\.\.(\d{1,18})")
_NUMBER = r"([\d.]+(?:[eE][+-]?\d+)?)"
_REAL_RANGE = re.compile(rf"{_NUMBER}\.\.{_NUMBER}")
_MOST = 100_000  # runs
_WORDS = ("--run_name", "--note")  # text about the runs, with commas of its own


@dataclass(frozen=True)
class Between:
    """Any number from low to high; its logarithm is uniformly distributed."""

    low: float
    high: float

    def draw(self, source: random.Random) -> str:
        return f"{math.exp(source.uniform(math.log(self.low), math.log(self.high))):.4g}"


Choices = dict[str, "list[str] | Between"]


def parse(arguments: Sequence[str]) -> Choices:
    """{flag: its values} from arguments such as --learning_rate=0.1,0.5 and --seed=1..5.

    Commas separate values, or semicolons where a value itself contains commas. 1..5 means 1, 2, 3,
    4, 5; 0.01..1.0 means any number in between. A flag without "=", a name and a note are passed
    on unchanged. Raises UsageError.
    """
    found: Choices = {}
    for argument in arguments:
        name, equals, text = argument.partition("=")
        if not re.fullmatch(r"--?[A-Za-z]\w*", name):
            raise UsageError(f"{argument!r} is not a setting; write --name=value,value")
        flag = "--" + name.lstrip("-")
        if flag in found:
            raise UsageError(f"{flag} is given twice")
        found[flag] = _values(flag, text) if equals else []
    return found


def combinations(choices: Choices) -> list[Setting]:
    """Every combination; the last flag changes fastest."""
    lists = []
    for flag, values in choices.items():
        if isinstance(values, Between):
            raise UsageError(f"{flag} is a range of real numbers: draw from it with --random N")
        lists.append(_spelled(flag, values))
    _check_number(math.prod(len(values) for values in lists))
    return list(itertools.product(*lists))


def draw(choices: Choices, number: int, search_seed: int) -> list[Setting]:
    """`number` different combinations at random, or all if there are no more; each with every seed
    that is given.

    The same search_seed gives the same settings; a larger number adds to them.
    """
    seeds = [()] if "--seed" not in choices else combinations({"--seed": choices["--seed"]})
    varied = {
        flag: values if isinstance(values, Between) else _spelled(flag, values)
        for flag, values in choices.items()
        if flag != "--seed"
    }
    lists = [values for values in varied.values() if not isinstance(values, Between)]
    finite = len(lists) == len(varied)  # no range of real numbers among them
    total = math.prod(len(values) for values in lists)
    if finite:
        number = min(number, total)
    _check_number(number * len(seeds))
    if finite and number == total:
        settings = list(itertools.product(*lists))
    else:
        settings = _different(varied, number, random.Random(search_seed))
    return [setting + seed for setting in settings for seed in seeds]


def _different(
    varied: dict[str, list[str] | Between], number: int, source: random.Random
) -> list[Setting]:
    """Up to `number` settings: a narrow range has few numbers of the four digits that are drawn."""
    found: dict[Setting, None] = {}
    # To find nearly all of n combinations takes about n log n draws.
    for _ in range(1_000 + 30 * number):
        setting = tuple(
            f"{flag}={values.draw(source)}"
            if isinstance(values, Between)
            else source.choice(values)
            for flag, values in varied.items()
        )
        found[setting] = None
        if len(found) == number:
            break
    return list(found)


def _check_number(count: int) -> None:
    if count > _MOST:
        raise UsageError(f"that is {count:,} runs, the most is {_MOST:,}; draw fewer with --random")


def _spelled(flag: str, values: list[str]) -> list[str]:
    return [f"{flag}={value}" for value in values] or [flag]


def _values(flag: str, text: str) -> list[str] | Between:
    if flag in _WORDS:
        return [text]
    if ";" in text:
        values = text.removesuffix(";").split(";")
    elif _REAL_RANGE.fullmatch(text) and not _WHOLE_RANGE.fullmatch(text):
        return _between(flag, text)
    else:
        values = [value for part in text.split(",") for value in _whole_numbers(flag, part)]
    if len(set(values)) < len(values):
        raise UsageError(f"{flag}={text} lists a value twice")
    return values


def _between(flag: str, text: str) -> Between:
    try:
        low, high = (float(number) for number in text.split(".."))
    except ValueError:
        low = high = math.nan
    if not 0 < low < high < math.inf:
        raise UsageError(f"{flag}: {text} is not a range from one number above 0 to a larger one")
    if flag == "--seed":
        raise UsageError(f"{flag} takes whole numbers, such as 1..5")
    return Between(low, high)


def _whole_numbers(flag: str, part: str) -> list[str]:
    """All of a range such as 1..5; anything else is one value."""
    match = _WHOLE_RANGE.fullmatch(part)
    if match is None:
        if _REAL_RANGE.fullmatch(part):
            raise UsageError(f"{flag}: {part} must be the only value")
        return [part]
    first, last = int(match[1]), int(match[2])
    if not first <= last < first + _MOST:
        raise UsageError(f"{flag}: {part} is not a range of at most {_MOST:,} numbers, upwards")
    return [str(number) for number in range(first, last + 1)]
