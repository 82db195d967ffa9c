"""Tables on the terminal: no frame, headers on several lines, and how wide a table would be."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Collection, Sequence
from typing import Literal

from rich import box
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table

from helper.errors import printable

_UNLIMITED = 10_000
_NARROWEST = 20  # as if it were, where it is less


def show(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    title: str = "",
    left: bool | Collection[int] = False,
) -> None:
    """Print a table, its first column left-aligned and the others right, or with left all left, or
    with numbers of columns also these. No cell is cut: see `shortened` and `width`.

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
        header = printable(column) if left is True else _header(printable(column))
        aligned = number == 0 or (left if isinstance(left, bool) else number in left)
        justify: Literal["left", "right"] = "left" if aligned else "right"
        table.add_column(header, justify=justify, overflow="fold")
    for row in rows:
        table.add_row(*map(printable, row))
    # As wide as needed, even on a terminal: wrapped lines are easier to read than broken cells.
    console = Console(highlight=False, markup=False, emoji=False)
    needed = console.measure(table, options=console.options.update(max_width=_UNLIMITED)).maximum
    console.width = max(needed, len(printable(title)))
    console.print(table)


def terminal_width() -> int | None:
    """The columns of the terminal that standard output is; None for a file or a pipe."""
    return max(shutil.get_terminal_size().columns, _NARROWEST) if sys.stdout.isatty() else None


def width(widths: Sequence[int]) -> int:
    """What a table takes whose columns have these widths, with a space on either side of each."""
    return sum(widths) + 2 * len(widths)


def column_width(header: str, cells: Sequence[str], left: bool = False) -> int:
    """What the widest of these takes. left: as in `show`, where such headers are on one line."""
    lines = [header] if left else _header(header).split("\n")
    return max(cell_len(printable(line)) for line in [*lines, *cells])


def narrowed(widths: Sequence[int], limit: int | None) -> list[int]:
    """These widths with the largest made smaller until the table is at most `limit` wide."""
    if limit is None:
        return list(widths)
    found = [min(own, limit) for own in widths]
    while width(found) > limit and max(found) > 1:
        found[found.index(max(found))] -= 1
    return found


def shortened(cell: str, room: int, at_end: bool = False) -> str:
    """Text in at most `room` columns, with … in place of its middle, or of its end."""
    cell = printable(cell)
    if cell_len(cell) <= room:
        return cell
    tail = 0 if at_end else room // 2
    head = set_cell_size(cell, max(room - 1 - tail, 0)).rstrip()
    return head + "…" + (set_cell_size(cell[::-1], tail)[::-1].strip() if tail else "")


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
