"""Show how two runs differ: flags, versions, commit, data, parameters, nodes of the graph.

examples:
  diff_runs.py hidden_layer/0001 hidden_layer/0002
  diff_runs.py logs/softmax/0001 logs/hidden_layer/0001 --only flags,graph
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from helper import tables
from helper.command import Parser, note, run
from helper.comparing.difference import SECTIONS, difference, shown
from helper.errors import UsageError, printable
from helper.runs import listing, naming

ALL = (*SECTIONS, "graph")


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
    sections = {title: rows for title, rows in found.sections.items() if title in wanted}
    for title, rows in sections.items():
        sides = [(name, shown(a), shown(b)) for name, (a, b) in rows.items()]
        tables.show((title, "A", "B"), sides, left=True)
    if found.graph and "graph" in wanted:
        print("graph: - only in A, + only in B, ~ changed from A to B")
        for line in found.graph:
            print(printable(line))
    elif not sections and not found.notes:
        print("no difference")
    for line in found.notes:
        note(line)
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
