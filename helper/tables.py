"""Wide tables on the terminal: no frame, no truncated cells, headers on several lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from rich import box
from rich.console import Console
from rich.table import Table

from helper.errors import printable

_UNLIMITED = 10_000


def show(
    columns: Sequence[str], rows: Sequence[Sequence[str]], title: str = "", left: bool = False
) -> None:
    """Print a table, its first column left-aligned and the others right, or with left all left.

    Names and cells may come from a run directory, so they are shown literally (see `printable`).
    """
    table = Table(
        title=printable(title) or None,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for number, column in enumerate(columns):
        header = printable(column) if left else _header(printable(column))
        justify: Literal["left", "right"] = "right" if number and not left else "left"
        table.add_column(header, justify=justify, overflow="fold")
    for row in rows:
        table.add_row(*map(printable, row))
    # As wide as needed, even on a terminal: wrapped lines are easier to read than broken cells.
    console = Console(highlight=False, markup=False, emoji=False)
    needed = console.measure(table, options=console.options.update(max_width=_UNLIMITED)).maximum
    console.width = max(needed, len(printable(title)))
    console.print(table)


def _header(column: str) -> str:
    """Break long names after slashes and underscores, so that headers do not widen columns."""
    if len(column) <= 8:
        return column
    parts = column.replace("_", "_\n").replace("/", "/\n").replace(" ", "\n").split("\n")
    lines = [parts[0]]
    for part in parts[1:]:
        if len(lines[-1]) + len(part) <= 8 and not lines[-1].endswith("/"):
            space = "" if lines[-1].endswith("_") else " "
            lines[-1] += space + part
        else:
            lines.append(part)
    return "\n".join(lines)
