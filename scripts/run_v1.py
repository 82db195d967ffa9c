"""Run a script that was written for TensorFlow 1, unchanged, and keep what it does as a run.

The script runs in its own directory with its own arguments. Its output, its summaries and the
numbers that it fetches go to logs/v1/<script>/0001, beside the runs of this project.

examples:
  run_v1.py mnist_softmax.py
  run_v1.py --run_name narrow ~/old/mnist.py --learning_rate 0.5
  run_v1.py --no_curves mnist_deep.py
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from helper.command import Parser, run, shell_path
from helper.old_scripts import launching, running, supervising
from helper.old_scripts.running import Options
from helper.runs import directory


def main(argv: Sequence[str] | None = None) -> int:
    flags = parse(argv)
    script = launching.read(flags.script, flags.arguments)
    if flags.run_name:
        directory.check_name(flags.run_name)
    options = Options(
        Path(flags.logdir).expanduser().absolute(), flags.run_name, flags.curves, flags.data_dir
    )
    ending = supervising.supervise(lambda report: running.run(script, options, report))
    if isinstance(ending, int):  # in the child
        return ending
    if ending.run and sys.stderr.isatty():
        print(f"run directory: {shell_path(ending.run)}", file=sys.stderr)
    return supervising.end_like(ending.code)


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(__doc__)
    parser.add_argument("--logdir", default="logs", help="the log directory (default: logs)")
    parser.add_argument("--run_name", default="", help="what follows the number of the run")
    parser.add_argument(
        "--no_curves",
        dest="curves",
        action="store_false",
        help="do not keep the numbers that the script fetches with Session.run",
    )
    parser.add_argument("--data_dir", help="a folder with MNIST's files, instead of the cache")
    parser.add_argument("script", metavar="SCRIPT", help="the script")
    parser.add_argument(
        "arguments", nargs=argparse.REMAINDER, metavar="…", help="the script's own arguments"
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(run(main))
