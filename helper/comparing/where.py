"""Conditions on a run's fields, such as ``learning_rate<0.5 and status=completed``.

    condition := term ("or" term)*        term := factor ("and" factor)*
    factor    := "not" factor | "(" condition ")" | NAME OPERATOR VALUE
    OPERATOR  := = == != < <= > >= ~      (~ means: contains this text)

A value with spaces or operators in it goes in quotes. Brackets and "not" nest up to 100 deep.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from helper.errors import UsageError

Fields = Mapping[str, Any]
Condition = Callable[[Fields], bool]

_TOKEN = re.compile(
    r"""\s*(?:(?P<operator>==|!=|<=|>=|[<>=~])|(?P<bracket>[()])
        |"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<word>[^\s()<>=!~"']+))""",
    re.VERBOSE,
)
_DEEPEST = 100
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def parse(text: str) -> tuple[Condition, set[str]]:
    """The condition and the names it asks for. Raises UsageError that points at the mistake."""
    parser = _Parser(text)
    condition = parser.condition()
    if parser.place < len(parser.tokens):
        parser.fail()
    return condition, parser.names


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str]] = []  # (kind, text)
        self.names: set[str] = set()
        self.place = 0
        end, last = 0, len(text.rstrip())
        while end < last:
            match = _TOKEN.match(text, end)
            if match is None:
                raise UsageError(f"--where: cannot read {_short(text[end:].strip())}")
            kind = str(match.lastgroup)
            self.tokens.append((kind, match[kind]))
            end = match.end()

    def condition(self, depth: int = 0) -> Condition:
        terms = [self._term(depth)]
        while self._take("word", "or"):
            terms.append(self._term(depth))
        return terms[0] if len(terms) == 1 else lambda fields: any(t(fields) for t in terms)

    def fail(self) -> None:
        found = self.tokens[self.place][1] if self.place < len(self.tokens) else "the end"
        raise UsageError(
            f"--where: did not expect {_short(found)} in {_short(self.text)}; "
            'write for example "learning_rate<0.5 and status=completed"'
        )

    def _term(self, depth: int) -> Condition:
        factors = [self._factor(depth)]
        while self._take("word", "and"):
            factors.append(self._factor(depth))
        return factors[0] if len(factors) == 1 else lambda fields: all(f(fields) for f in factors)

    def _factor(self, depth: int) -> Condition:
        if depth > _DEEPEST:
            raise UsageError(f"--where: brackets and 'not' nest more than {_DEEPEST} deep")
        if self._take("word", "not"):
            inner = self._factor(depth + 1)
            return lambda fields: not inner(fields)
        if self._take("bracket", "("):
            inner = self.condition(depth + 1)
            if not self._take("bracket", ")"):
                self.fail()
            return inner
        return self._comparison()

    def _comparison(self) -> Condition:
        name, sign, value = (self._next(kinds) for kinds in (_WORDS, ("operator",), _WORDS))
        self.names.add(name)
        return lambda fields: _holds(fields.get(name), sign, value)

    def _take(self, kind: str, text: str) -> bool:
        if self.place < len(self.tokens) and self.tokens[self.place] == (kind, text):
            self.place += 1
            return True
        return False

    def _next(self, kinds: tuple[str, ...]) -> str:
        if self.place >= len(self.tokens) or self.tokens[self.place][0] not in kinds:
            self.fail()
        self.place += 1
        return self.tokens[self.place - 1][1]


_WORDS = ("word", "double", "single")


def _short(text: str) -> str:
    return repr(text if len(text) <= 100 else f"{text[:99]}…")


def _holds(field: Any, sign: str, value: str) -> bool:
    """Numbers compare as numbers, all else as text; a field that a run lacks is unequal to all."""
    if field is None:
        return sign == "!="
    if isinstance(field, (list, tuple)):
        field = ",".join(str(item) for item in field)
    if isinstance(field, bool):
        field, value = str(field).lower(), value.lower()
    if sign == "~":
        return value in str(field)
    left: Any = field if isinstance(field, (int, float)) else str(field)
    right: Any = value
    if isinstance(field, (int, float)):
        try:
            right = float(value)
        except ValueError:
            return sign == "!="
    if sign in _ORDER:
        return _ORDER[sign](left, right)
    return (left == right) != (sign == "!=")
