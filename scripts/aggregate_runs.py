"""Write the mean over seeds of each setting for TensorBoard, with margin charts and hparams.

examples:
  aggregate_runs.py
  aggregate_runs.py hidden_layer --where "steps=30000"

The result is in logs/aggregate/EXPERIMENT, which is replaced each time. In TensorBoard: the runs
aggregate/… on the Scalars page, margin charts on the Custom Scalars page, a row for each
setting in the HParams table.
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
from helper.runs import listing, naming


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
    for path in aggregate.write(logdir, comparison.group(runs, ["-seed"])):
        print(printable(os.path.relpath(path)))
    print(f"view with: tensorboard --logdir {printable(shlex.quote(flags.logdir))}")
    for line in sorted({problem for listed in runs for problem in listed.problems}):
        note(line)
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
