"""Write the mean over seeds of each setting for TensorBoard, with margin charts and hparams.

examples:
  aggregate_runs.py
  aggregate_runs.py hidden_layer --where "steps=30000"

The result is in logs_aggregate, beside logs; the groups of the same experiments are replaced each
time. In TensorBoard: mean curves on the Time Series page, margin charts on the Custom Scalars page,
a row for each group on the HPARAMS page.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from helper.command import Parser, note, run
from helper.comparing import aggregate, comparison
from helper.errors import printable
from helper.runs import listing, naming, tensorboard_links


def main(argv: Sequence[str] | None = None) -> int:
    parser = Parser(__doc__)
    add = parser.add_argument
    add("runs", nargs="*", metavar="RUN", help=f"{naming.FORMS}, or a glob (default: all)")
    add("--logdir", default="logs", metavar="DIR", help="where runs are (default: logs)")
    add("--where", metavar="CONDITION", help="as in compare_runs.py")
    flags = parser.parse_intermixed_args(argv)
    logdir = Path(flags.logdir)
    runs = listing.find(logdir, flags.runs)
    if flags.where is not None:
        runs = comparison.select(runs, flags.where)
    written = aggregate.write(logdir, comparison.group(runs, ["-seed"]))
    for path in written:
        print(printable(os.path.relpath(path)))
    place = aggregate.place(logdir)
    both = f"runs:{os.path.relpath(logdir)},means:{os.path.relpath(place)}"
    names, records = [path.name for path in written], [listed.record for listed in runs]
    print(tensorboard_links.advice(place, names, records))
    print(f"with the runs: tensorboard --logdir_spec {printable(shlex.quote(both))}")
    for line in sorted({problem for listed in runs for problem in listed.problems}):
        note(line)
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
