"""Conditions written out: text that `where` reads as the settings it was made from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from helper.comparing.comparison import setting_key
from helper.runs.listing import ListedRun

_PLAIN = re.compile(r"[^\s()<>=!~\"']+")


def condition(settings: Mapping[str, Any]) -> str:
    """``learning_rate=0.5 and layers=256,128``. A value None is left out: no condition holds
    for a field that a run lacks."""
    return " and ".join(
        _comparison(name, "=", value) for name, value in settings.items() if value is not None
    )


def separating(run: ListedRun, others: Iterable[ListedRun], names: Sequence[str]) -> str:
    """A condition that holds for a run, and for no other that differs from it in these fields."""
    left, factors = list(others), []
    for name in names:
        own = run.fields.get(name)
        values = {setting_key(other.fields.get(name)): other.fields.get(name) for other in left}
        values.pop(setting_key(own), None)
        if own is None:
            factors += [_comparison(name, "!=", value) for value in values.values()]
        elif values:
            factors.append(_comparison(name, "=", own))
        left = [other for other in left if setting_key(other.fields.get(name)) not in values]
    return " and ".join(factors)


def joined(*conditions: str) -> str:
    """Those of the conditions that are not empty, all of which must hold."""
    given = [text for text in conditions if text]
    return given[0] if len(given) == 1 else " and ".join(map(_in_brackets, given))


def _in_brackets(text: str) -> str:
    """An "or" binds less than the "and" around it."""
    return f"({text})" if re.search(r"\bor\b", text) else text


def _comparison(name: str, sign: str, value: Any) -> str:
    return f"{_quoted(name)}{sign}{_quoted(_written(value))}"


def _written(value: Any) -> str:
    """As `where` compares it: every digit of a number, the items of a list between commas."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return ",".join(map(str, value))
    return str(value)


def _quoted(text: str) -> str:
    if _PLAIN.fullmatch(text) and text not in ("and", "or", "not"):
        return text
    return f"'{text}'" if '"' in text else f'"{text}"'
