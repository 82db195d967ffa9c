"""Show how two runs differ: flags, metrics, versions, commit, data, parameters, graph.

examples:
  diff_runs.py hidden_layer/0001 hidden_layer/0002
  diff_runs.py logs/softmax/0001 logs/hidden_layer/0001 --only flags,graph
  diff_runs.py mlp/1 mlp/2 --only metrics
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from helper import tables
from helper.command import Parser, note, run
from helper.comparing import fitting
from helper.comparing.comparison import text
from helper.comparing.difference import Difference, Measured, difference, shown
from helper.errors import UsageError, printable
from helper.runs import listing, naming, tensorboard_links

ALL = ("run", "flags", "metrics", "versions", "data", "parameters", "graph")
Section = tuple[Sequence[str], Sequence[Sequence[str]]]  # header, rows


def main(argv: Sequence[str] | None = None) -> int:
    parser = Parser(__doc__)
    add = parser.add_argument
    add("first", metavar="A", help=naming.FORMS)
    add("second", metavar="B", help="the other run")
    add("--logdir", default="logs", metavar="DIR", help="where runs are (default: logs)")
    add("--only", metavar="SECTION,…", help=f"of {', '.join(ALL)}")
    add("--every_node", action="store_true", help="also nodes inside scopes that only one run has")
    flags = parser.parse_intermixed_args(argv)
    wanted = flags.only.split(",") if flags.only is not None else ALL
    for name in wanted:
        if name not in ALL:
            raise UsageError(f"--only: unknown section {name!r}; choose from {', '.join(ALL)}")
    first, second = (listing.one(name, Path(flags.logdir)) for name in (flags.first, flags.second))
    found = difference(first, second, flags.every_node)
    for side, listed in (("A", first), ("B", second)):
        print(f"{side}  {printable(listed.name)} ({printable(listed.status)})")
    sections = _sections(found, wanted)
    for header, rows in sections:
        _show(header, rows)
        if "B is" in header:
            print(" whether this is more than chance: compare_runs.py --verdict A B")
    if found.graph and "graph" in wanted:
        print("graph: - only in A, + only in B, ~ changed from A to B")
        for line in found.graph:
            print(printable(line))
    elif not sections and not found.notes:
        print("no difference")
    for line in found.notes:
        note(line)
    names, records = [first.name, second.name], [first.record, second.record]
    print(tensorboard_links.advice(flags.logdir, names, records))
    return 0


def _sections(found: Difference, wanted: Sequence[str]) -> list[Section]:
    """The tables to show, in the order of `ALL`."""
    made = {title: _sides(title, rows) for title, rows in found.sections.items()}
    if found.metrics:
        made["metrics"] = _metrics(found.metrics)
    return [made[title] for title in ALL if title in made and title in wanted]


def _sides(title: str, rows: Mapping[str, tuple[Any, Any]]) -> Section:
    as_text = fitting.shown if title == "flags" else shown
    return (title, "A", "B"), [(name, as_text(a), as_text(b)) for name, (a, b) in rows.items()]


def _metrics(found: Mapping[str, Measured]) -> Section:
    rows = []
    for tag, pair in found.items():
        change = "–" if pair.change is None else f"{pair.change:+.4f}"
        if pair.change and abs(pair.change) < 1e-3:
            change = f"{pair.change:+.2g}"
        rows.append((tag, text(pair.first, tag), text(pair.second, tag), change, pair.word))
    if any(row[-1] for row in rows):
        return ("metrics", "A", "B", "B − A", "B is"), rows
    return ("metrics", "A", "B", "B − A"), [row[:-1] for row in rows]


def _show(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; on a terminal, long cells lose their middle."""
    widths = [
        tables.column_width(name, [row[place] for row in rows], left=True)
        for place, name in enumerate(header)
    ]
    widths = tables.narrowed(widths, tables.terminal_width())
    cells = [
        [tables.shortened(cell, width) for cell, width in zip(row, widths, strict=True)]
        for row in rows
    ]
    tables.show(header, cells, left=True)


if __name__ == "__main__":
    sys.exit(run(main))
