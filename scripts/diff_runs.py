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
from helper.command import Parser, run
from helper.comparing.difference import SECTIONS, difference, shown
from helper.errors import UsageError, printable
from helper.runs import listing
from helper.runs.listing import ListedRun

ALL = (*SECTIONS, "graph")


def main(argv: Sequence[str] | None = None) -> int:
    parser = Parser(__doc__)
    parser.add_argument("first", metavar="A", help="a run directory, as a path or below --logdir")
    parser.add_argument("second", metavar="B")
    parser.add_argument("--logdir", default="logs", metavar="DIR", help="(default: logs)")
    parser.add_argument("--only", metavar="SECTION,…", help=f"some of {', '.join(ALL)}")
    parser.add_argument(
        "--every_node", action="store_true", help="list also the nodes of new scopes"
    )
    flags = parser.parse_intermixed_args(argv)
    wanted = flags.only.split(",") if flags.only is not None else ALL
    for name in wanted:
        if name not in ALL:
            raise UsageError(f"--only: there is no section {name!r}; there are {', '.join(ALL)}")
    first, second = (one_run(name, Path(flags.logdir)) for name in (flags.first, flags.second))
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
        print(f"note: {printable(line)}", file=sys.stderr)
    return 0


def one_run(name: str, logdir: Path) -> ListedRun:
    found = listing.find(logdir, [name])
    if len(found) > 1:
        raise UsageError(f"{name} matches {len(found)} runs; name one")
    return found[0]


if __name__ == "__main__":
    sys.exit(run(main))
