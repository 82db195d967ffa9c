"""Types of command-line flags that absl lacks: the widths of layers, an initializer."""

from __future__ import annotations

import math
from typing import Any

from absl import flags

# --help lists a flag under the module that calls one of the functions below, not under this one.
flags.disclaim_key_flags()

_WIDEST = 100_000
_INITIALIZERS = ("glorot", "he", "zeros")


def define_widths(name: str, default: str, help: str) -> None:
    """A list of integers such as ``256,128``, from 1 to 100,000 each; it may be empty."""
    serializer: flags.ListSerializer = flags.ListSerializer(",")
    flags.DEFINE(_Widths(), name, default, help, serializer=serializer)


def define_initializer(name: str, default: str | None, help: str) -> None:
    """A name that ``weight_variable`` knows, or the standard deviation of a normal distribution."""
    flags.DEFINE(_Initializer(), name, default, help, serializer=flags.ArgumentSerializer())


class _Widths(flags.ArgumentParser):
    def parse(self, argument: Any) -> list[int]:
        if isinstance(argument, list):
            return argument
        widths = [word.strip() for word in argument.split(",")] if argument.strip() else []
        for word in widths:
            if not word.isdecimal() or not 1 <= int(word) <= _WIDEST:
                raise ValueError(
                    f"{word!r} is not a valid width; give whole numbers from 1 to {_WIDEST:,} "
                    "separated by commas, or nothing"
                )
        return [int(word) for word in widths]

    def flag_type(self) -> str:
        return "widths"


class _Initializer(flags.ArgumentParser):
    def parse(self, argument: Any) -> str | float:
        if argument in _INITIALIZERS:
            return argument
        try:
            deviation = float(argument)
        except ValueError:
            deviation = math.nan
        if not 0 < deviation <= 1000:
            names = ", ".join(_INITIALIZERS)
            raise ValueError(f"choose {names}, or a standard deviation above 0, at most 1000")
        return deviation

    def flag_type(self) -> str:
        return "initializer"
