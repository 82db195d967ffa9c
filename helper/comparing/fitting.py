"""A table without what says nothing, and without what a terminal has no room for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from helper import tables
from helper.comparing.comparison import Table, text

# What a table can do without, the least important first; a metric, its best value and so on follow
# the word. Never: names, settings that differ, and the metrics.
DISPENSABLE = (
    "steps_per_second",
    "seconds",
    "best_step/",
    "± best/",
    "best/",
    "step",
    "note",
    "status",
    "seconds to ",
    "± ",
    "n",
)
_SOURCE = re.compile("^best(_step)?/")
_MOST_NAMED = 3  # rows that a line below the table names


@dataclass(frozen=True)
class Block:
    """headers and cells as text; columns: the table's names for them."""

    columns: list[str]
    headers: list[str]
    cells: list[list[str]]


@dataclass(frozen=True)
class Fitted:
    """blocks: the table, or its columns in several parts, each led by the first column; below:
    lines that say what was left out, and why."""

    blocks: list[Block]
    below: list[str]


@dataclass(frozen=True)
class _Column:
    """width: of the widest cell, or of the header; least: to which cells may be shortened before
    other columns go; shortest: the same after that."""

    header: str
    cells: list[str]
    width: int
    least: int
    shortest: int
    at_end: bool  # where cells are shortened


def fit(
    table: Table, metrics: Sequence[str], headers: Mapping[str, str], limit: int | None
) -> Fitted:
    """The table as text, at most `limit` wide where that is possible (None: as wide as needed).

    headers: what columns are called where it is not their name. Columns that are equal in all rows,
    or empty in most, go first; then, while there is no room, those of `DISPENSABLE`. What is left
    is shortened: names and settings in the middle, notes at the end. If it still has no room, it
    becomes several blocks of columns.
    """
    called = {column: headers.get(column, column) for column in table.columns}
    below = []
    columns, common = _without_common(table, metrics)
    columns, empty = _without_empty(table, columns, metrics)
    if common:
        parts = (f"{called[c]} {_brief(table.rows[0][c], c)}" for c in common)
        below.append("same for all: " + ", ".join(parts))
    below += _about_empty(table, empty, called)
    made = {c: _column(table, c, called[c]) for c in columns or table.columns[:1]}
    dropped = []
    if limit is not None:
        for column in _dispensable(columns):
            if _least(made) <= limit:
                break
            del made[column]
            dropped.append(called[column])
    if dropped:
        below.append(f"no room here: {', '.join(dropped)}; --csv - shows all")
    blocks = [_block(part, limit) for part in _parts(made, limit)]
    return Fitted(blocks, below)


def shown(value: object, column: str = "") -> str:
    """A value as the terminal shows it: steps with commas, times with a decimal, no note as ""."""
    if column == "note":
        return "" if value is None else str(value)
    if isinstance(value, float) and column.startswith("seconds"):
        return f"{value:,.1f}"
    if isinstance(value, float) and column == "steps_per_second":
        return f"{value:,.0f}"
    if isinstance(value, int) and (column == "step" or column.startswith("best_step/")):
        return f"{value:,}"
    return "none" if value == [] else text(value, column)


def _brief(value: object, column: str = "") -> str:
    """A value inside a sentence."""
    return tables.shortened(shown(value, column), 40, at_end=column == "note")


def _without_common(table: Table, metrics: Sequence[str]) -> tuple[list[str], list[str]]:
    """The columns to keep, and those with one value in all of several rows."""
    common = [
        column
        for column in table.columns
        if column not in ("name", *metrics)
        and len(table.rows) > 1
        and table.rows[0][column] is not None
        and len({repr(row[column]) for row in table.rows}) == 1
    ]
    return [column for column in table.columns if column not in common], common


def _without_empty(
    table: Table, columns: Sequence[str], metrics: Sequence[str]
) -> tuple[list[str], list[str]]:
    """The columns to keep, and those that most rows leave empty. A metric, a note, and settings
    that rows have instead of a name, go only where all are empty."""
    kept: list[str] = []
    empty: list[str] = []
    needed = (*metrics, "note") if "name" in table.columns else table.columns
    for column in columns:
        missing = sum(row[column] in (None, "") for row in table.rows)
        most = len(table.rows) if column in needed else len(table.rows) // 2 + 1
        (empty if table.rows and missing >= most else kept).append(column)
    return kept, empty


def _about_empty(table: Table, empty: Sequence[str], called: Mapping[str, str]) -> Iterator[str]:
    """Which columns nothing has, and what the few rows have that have something."""
    nowhere = []
    for column in empty:
        having = [row for row in table.rows if row[column] not in (None, "")]
        if not having:
            nowhere.append(column)
        elif len(having) <= _MOST_NAMED and "name" in table.columns:
            values = (f"{_brief(row['name'])} {_brief(row[column], column)}" for row in having)
            yield f"empty for most: {called[column]} (only {', '.join(values)})"
        else:
            yield f"empty for most: {called[column]} ({len(having)} of {len(table.rows)} have it)"
    # Where a metric is missing, what is computed from it goes without saying.
    told = [
        c for c in nowhere if _SOURCE.sub("", c) not in {*nowhere} - {c} and not c.startswith("±")
    ]
    if told:
        yield f"empty for all: {', '.join(called[column] for column in told)}"


def _dispensable(columns: Sequence[str]) -> Iterator[str]:
    """Those of the columns that may go, the least important first."""
    for word in DISPENSABLE:
        exact = not word.endswith(("/", " "))
        yield from (c for c in columns if (c == word if exact else c.startswith(word)))


def _column(table: Table, column: str, header: str) -> _Column:
    cells = [shown(row[column], column) for row in table.rows]
    numbers = all(isinstance(row[column], (int, float, type(None))) for row in table.rows)
    width = tables.column_width(header, cells)
    least = min(width, {"name": 24, "note": 16}.get(column, width if numbers else 20))
    least = max(least, tables.column_width(header, []))
    shortest = min(least, 12) if column == "name" else least
    return _Column(header, cells, width, least, shortest, at_end=column == "note")


def _least(made: Mapping[str, _Column]) -> int:
    return tables.width([column.least for column in made.values()])


def _parts(made: Mapping[str, _Column], limit: int | None) -> Iterator[dict[str, _Column]]:
    """The columns, in as many parts as it takes for each to fit."""
    first, *others = made
    part = {first: made[first]}
    for name in others:
        longer = part | {name: made[name]}
        least = [column.shortest if n == first else column.least for n, column in longer.items()]
        if limit is not None and len(part) > 1 and tables.width(least) > limit:
            yield part
            longer = {first: made[first], name: made[name]}
        part = longer
    yield part


def _block(made: Mapping[str, _Column], limit: int | None) -> Block:
    """The columns, as wide as their cells, or shortened to what there is room for: names get the
    room first, then settings, then notes."""
    full = {name: column.width for name, column in made.items()}
    widths = full
    if limit is not None and tables.width(list(full.values())) > limit:
        widths = {
            name: column.shortest if name == "name" else column.least
            for name, column in made.items()
        }
        for name in sorted(made, key=lambda name: (name == "note", name != "name")):
            room = limit - tables.width(list(widths.values()))
            widths[name] += max(min(full[name] - widths[name], room), 0)
    cells = [[tables.shortened(t, widths[n], c.at_end) for t in c.cells] for n, c in made.items()]
    rows = [list(row) for row in zip(*cells, strict=True)]
    return Block(list(made), [column.header for column in made.values()], rows)
