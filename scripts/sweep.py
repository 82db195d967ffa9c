"""Train an experiment with every combination of settings, each in a process of its own.

examples:
  sweep.py experiments/hidden_layer.py --learning_rate=0.1,0.5 --hidden_units=100,625 --seed=1..5
  sweep.py experiments/mlp.py '--layers=256,128;512' --seed=1..3
  sweep.py experiments/softmax.py --learning_rate=0.01..1.0 --seed=1,2 --random 20

Commas separate values, or semicolons where a value itself contains commas.
Started again, it skips the runs that have finished and resumes those that were cut short.
Runs are named by what the sweep varies; --run_name=NAME gives all of them another name.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from helper.command import Parser, run
from helper.comparing.after_sweep import verdict_command
from helper.comparing.request import Request
from helper.errors import UsageError, printable
from helper.runs import tensorboard_links
from helper.runs.listing import ListedRun
from helper.signals import sigterm_interrupts
from helper.sweeping import grid
from helper.sweeping.cluster.client import ClusterWorkers
from helper.sweeping.processes import Processes
from helper.sweeping.progress import SweepProgress
from helper.sweeping.setting import Setting, names
from helper.sweeping.sweep import FINISHED, Sweep
from helper.sweeping.workers import Workers


def main(argv: Sequence[str] | None = None) -> int:
    parser = Parser(__doc__)
    add = parser.add_argument
    add("experiment", metavar="EXPERIMENT", help="a script, such as experiments/softmax.py")
    add("--jobs", type=int, metavar="N", help="runs at a time (default: one per two cores)")
    add("--scheduler", metavar="ADDRESS", help="of a Dask cluster that trains, as tcp://host:8786")
    add("--random", type=int, metavar="N", help="draw N of the combinations at random")
    add("--search_seed", type=int, default=0, metavar="SEED", help="seed of --random (default: 0)")
    add("--logdir", default="logs", metavar="DIR", help="where the runs go (default: logs)")
    add("--dry_run", action="store_true", help="print the commands, but run nothing")
    flags, rest = parser.parse_known_args(argv)
    script = Path(flags.experiment)
    if script.suffix != ".py" or not script.is_file():
        raise UsageError(
            f"{flags.experiment} is not an experiment script; give one such as "
            "experiments/softmax.py"
        )
    jobs = flags.jobs if flags.jobs is not None else max(1, (os.cpu_count() or 2) // 2)
    if jobs < 1 or (flags.random is not None and flags.random < 1):
        raise UsageError("--jobs and --random must be at least 1")
    choices = grid.parse(rest)
    settings = (
        grid.combinations(choices)
        if flags.random is None
        else grid.draw(choices, flags.random, flags.search_seed)
    )
    if flags.dry_run:
        show_commands(Sweep(script, Path(flags.logdir), names=names(settings)), settings)
        return 0
    workers: Workers = Processes(jobs)
    if flags.scheduler:
        workers = ClusterWorkers(flags.scheduler, script, Path(flags.logdir), flags.jobs)
    return train(script, Path(flags.logdir), settings, workers)


def show_commands(sweep: Sweep, settings: Sequence[Setting]) -> None:
    for setting in settings:
        task = sweep.task(setting)
        if isinstance(task, ListedRun):
            when = " before" if task.status in FINISHED else ""
            print(f"# {task.status}{when}: {printable(task.name)}")
        else:
            print(printable(shlex.join([sys.executable, str(task.script), *task.arguments])))


def train(script: Path, logdir: Path, settings: Sequence[Setting], workers: Workers) -> int:
    """Run the settings. Returns 1 if one of them did not complete."""
    sigterm_interrupts()
    with workers, SweepProgress(settings) as progress:
        sweep = Sweep(script, logdir, progress.step, names(settings))
        try:
            outcomes = sweep.run(settings, workers, progress.ended)
        except KeyboardInterrupt:
            print("stopped; the same command continues from here", file=sys.stderr)
            raise
    statuses = [outcome.status for outcome in outcomes]
    counts = ", ".join(f"{statuses.count(s)} {s}" for s in dict.fromkeys(statuses))
    skipped = sum(outcome.skipped for outcome in outcomes)
    print(f"{len(outcomes)} runs: {counts}" + (f" ({skipped} of them before)" if skipped else ""))
    show_next([outcome.run for outcome in outcomes if outcome.run is not None], script, logdir)
    return 0 if set(statuses) <= {"completed"} else 1


def show_next(runs: Sequence[ListedRun], script: Path, logdir: Path) -> None:
    """Print the commands that compare the runs of a sweep."""
    table = Request(logdir, [script.stem]).table("--group_by=-seed")
    print(f"compare them: {printable(table)}")
    verdict = verdict_command(runs, logdir)
    if verdict is not None:
        print(f"which is better: {printable(verdict)}")
    if runs:
        names, records = [listed.name for listed in runs], [listed.record for listed in runs]
        print(tensorboard_links.advice(logdir, names, records))


if __name__ == "__main__":
    sys.exit(run(main, unread=1))
