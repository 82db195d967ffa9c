"""What successive halving found: a table of all candidates, and what it cost."""

from __future__ import annotations

from collections.abc import Sequence

from helper import tables
from helper.errors import printable
from helper.sweeping.rungs import Climbed, Standing


def show(climbed: Climbed) -> None:
    """Print the candidates, the best first: the rung that each reached, its steps, its metric
    there, and its settings, in columns of their own if the terminal has room for them."""
    metric = climbed.tag or "metric"
    several = any(len(s.candidate.settings) > 1 for s in climbed.standings)
    headers = ["rank", "rung", "steps", f"mean {metric}" if several else metric]
    rows = [_row(place, own, climbed) for place, own in enumerate(climbed.standings, 1)]
    values = [_values(standing) for standing in climbed.standings]
    flags = list(dict.fromkeys(flag for own in values for flag in own))
    cells = [[own.get(flag, "") for flag in flags] for own in values]
    limit, taken = tables.terminal_width(), _widths(headers, rows)
    if limit is None or tables.width(taken + _widths(flags, cells)) <= limit:
        tables.show([*headers, *flags], _joined(rows, cells))
        return
    room = max(limit - tables.width([*taken, 0]), len("setting"))
    names = [[tables.shortened(s.candidate.name, room)] for s in climbed.standings]
    tables.show([*headers, "setting"], _joined(rows, names), left=(len(headers),))


def _row(place: int, standing: Standing, climbed: Climbed) -> list[str]:
    return [
        str(place),
        f"{standing.rung} of {len(climbed.rungs)}",
        f"{climbed.rungs[standing.rung - 1].steps:,}",
        standing.status if standing.value is None else f"{standing.value:.4f}",
    ]


def _values(standing: Standing) -> dict[str, str]:
    """{flag: value} of what sets a candidate apart."""
    items = (item.lstrip("-").partition("=") for item in standing.candidate.own)
    return {flag: value if equals else "yes" for flag, equals, value in items}


def _joined(rows: Sequence[list[str]], more: Sequence[list[str]]) -> list[list[str]]:
    return [row + own for row, own in zip(rows, more, strict=True)]


def _widths(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    columns = zip(*rows, strict=True)
    return [tables.column_width(*pair) for pair in zip(headers, columns, strict=False)]


def cost(climbed: Climbed) -> str:
    """How many steps were trained, and how many it would have been without halving."""
    share = climbed.trained / climbed.full
    return (
        f"steps trained: {climbed.trained:,} of the {climbed.full:,} that all runs to the end "
        f"would take ({share:.0%})"
    )


def best(climbed: Climbed) -> str:
    """The best candidate and its runs, in one line."""
    if not climbed.standings or climbed.standings[0].value is None:
        return "no run can be judged: all of them diverged or failed"
    first = climbed.standings[0]
    steps = climbed.rungs[first.rung - 1].steps
    names = ", ".join(run.name for run in first.runs)
    return printable(f"best: {first.candidate.name} after {steps:,} steps ({names})")
