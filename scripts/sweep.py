"""Train an experiment with every combination of settings, each in a process of its own.

examples:
  sweep.py experiments/hidden_layer.py --learning_rate=0.1,0.5 --hidden_units=100,625 --seed=1..5
  sweep.py experiments/mlp.py '--layers=256,128;512' --seed=1..3
  sweep.py experiments/softmax.py --learning_rate=0.01..1.0 --seed=1,2 --random 20
  sweep.py experiments/mlp.py --learning_rate=1e-4..1e-1 --random 27 --halving 3 --min_steps 1000

Commas separate values, or semicolons where a value itself contains commas.
Started again, it skips the runs that have finished and resumes those that were cut short.
Runs are named by what the sweep varies; --run_name=NAME gives all of them another name.
--halving 3 trains all to --min_steps, the best third on to three times as many steps, and so on
until two are left, or until --steps. The runs' own metric on the validation split decides.
"""

from __future__ import annotations

import argparse
import contextlib
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from helper.command import Parser, note, run
from helper.comparing import after_halving
from helper.comparing.after_sweep import verdict_command
from helper.comparing.request import Request
from helper.errors import UsageError, printable
from helper.runs import tensorboard_links
from helper.runs.listing import ListedRun
from helper.signals import sigterm_interrupts
from helper.sweeping import grid, halving, halving_settings, halving_table, judging, this_machine
from helper.sweeping.cluster.client import ClusterWorkers
from helper.sweeping.halving_settings import Prepared
from helper.sweeping.progress import SweepProgress
from helper.sweeping.rungs import Climbed, climb
from helper.sweeping.setting import Setting, names
from helper.sweeping.sweep import Outcome, Sweep
from helper.sweeping.workers import Workers


def main(argv: Sequence[str] | None = None) -> int:
    parser = Parser(__doc__)
    add = parser.add_argument
    add("experiment", metavar="EXPERIMENT", help="a script, such as experiments/softmax.py")
    add("--jobs", type=int, metavar="N", help="runs at a time (default: one per core)")
    add("--scheduler", metavar="ADDRESS", help="of a Dask cluster that trains, as tcp://host:8786")
    add("--random", type=int, metavar="N", help="draw N of the combinations at random")
    add("--search_seed", type=int, default=0, metavar="SEED", help="seed of --random (default: 0)")
    add("--logdir", default="logs", metavar="DIR", help="where the runs go (default: logs)")
    add("--halving", type=int, metavar="N", help="after each rung, only one in N goes on")
    add("--min_steps", type=int, metavar="STEPS", help="of the first rung of --halving")
    add("--dry_run", action="store_true", help="print the commands, but run nothing")
    flags, rest = parser.parse_known_args(argv)
    script = Path(flags.experiment)
    if script.suffix != ".py" or not script.is_file():
        raise UsageError(
            f"{flags.experiment} is not an experiment script; give one such as "
            "experiments/softmax.py"
        )
    if any(number is not None and number < 1 for number in (flags.jobs, flags.random)):
        raise UsageError("--jobs and --random must be at least 1")
    logdir, settings = Path(flags.logdir), chosen(grid.parse(rest), flags)
    prepared = None
    if flags.halving is not None:
        prepared = halving_settings.prepare(settings, flags.halving, flags.min_steps)
        settings = [setting for own in prepared.candidates for setting in own.settings]
        show_plan(prepared, "# plan" if flags.dry_run else "plan")
    if flags.dry_run:
        sweep = Sweep(script, logdir, names=names(settings))
        show_commands(sweep, settings, flags.min_steps)
        return 0
    workers: Workers
    if flags.scheduler:
        workers = ClusterWorkers(flags.scheduler, script, logdir, flags.jobs)
    else:
        workers = this_machine.workers(flags.jobs)
    if prepared is not None:
        return halve(script, logdir, prepared, workers)
    return train(script, logdir, settings, workers)


def chosen(choices: grid.Choices, flags: argparse.Namespace) -> list[Setting]:
    """The settings that the command line asks for."""
    if (flags.halving is None) != (flags.min_steps is None):
        raise UsageError("--halving and --min_steps belong together; give both")
    if flags.random is None:
        return grid.combinations(choices)
    return grid.draw(choices, flags.random, flags.search_seed)


def show_plan(prepared: Prepared, title: str) -> None:
    for line in prepared.notes:
        note(line)
    print(f"{title}: {halving.described(prepared.rungs, len(prepared.candidates[0].settings))}")


def show_commands(sweep: Sweep, settings: Sequence[Setting], goal: int | None = None) -> None:
    for setting in settings:
        task = sweep.task(setting, goal)
        if isinstance(task, ListedRun):
            ended = judging.ended(task, goal)
            print(f"# {f'{ended} before' if ended else task.status}: {printable(task.name)}")
        else:
            print(printable(shlex.join([sys.executable, str(task.script), *task.arguments])))


def train(script: Path, logdir: Path, settings: Sequence[Setting], workers: Workers) -> int:
    """Run the settings. Returns 1 if one of them did not complete."""
    sigterm_interrupts()
    with workers, going_on(), SweepProgress(settings) as progress:
        sweep = Sweep(script, logdir, progress.step, names(settings))
        outcomes = sweep.run(settings, workers, progress.ended)
    statuses = [outcome.status for outcome in outcomes]
    counts = ", ".join(f"{statuses.count(s)} {s}" for s in sorted(set(statuses)))
    skipped = sum(outcome.skipped for outcome in outcomes)
    print(f"{len(outcomes)} runs: {counts}" + (f" ({skipped} of them before)" if skipped else ""))
    show_next([outcome.run for outcome in outcomes if outcome.run is not None], script, logdir)
    return 0 if set(statuses) <= {"completed"} else 1


def halve(script: Path, logdir: Path, prepared: Prepared, workers: Workers) -> int:
    """Run the settings rung by rung. Returns 1 if one of the runs did not complete its last one."""
    sigterm_interrupts()
    everyone = [setting for own in prepared.candidates for setting in own.settings]
    rungs, called = prepared.rungs, names(everyone)

    def one_rung(settings: Sequence[Setting], number: int) -> list[Outcome]:
        goal = rungs[number - 1].steps
        print(f"rung {number} of {len(rungs)}: {len(settings):,} runs to {goal:,} steps")
        with SweepProgress(settings, everyone, goal) as progress:
            sweep = Sweep(script, logdir, progress.step, called)
            return sweep.run(settings, workers, progress.ended, goal)

    with workers, going_on():
        climbed = climb(rungs, prepared.candidates, one_rung)
    halving_table.show(climbed)
    print(halving_table.best(climbed))
    print(halving_table.cost(climbed))
    for line in verdict(climbed, logdir):
        print(printable(line))
    show_where([run for own in climbed.standings for run in own.runs], script, logdir)
    return 0 if all(own.status == "completed" for own in climbed.standings) else 1


def verdict(climbed: Climbed, logdir: Path) -> list[str]:
    """The best against the second of the last rung."""
    best, second, *_ = [*climbed.finalists, None, None]
    if best is None or second is None:
        return ["no verdict: fewer than two runs completed the last rung"]
    called = best.candidate.name, second.candidate.name
    return after_halving.verdict_lines(called, (best.runs, second.runs), logdir)


@contextlib.contextmanager
def going_on() -> Iterator[None]:
    """Say after Ctrl-C how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        print("stopped; the same command continues from here", file=sys.stderr)
        raise


def show_next(runs: Sequence[ListedRun], script: Path, logdir: Path) -> None:
    """Print the commands that compare the runs of a sweep."""
    show_where(runs, script, logdir, verdict_command(runs, logdir))


def show_where(
    runs: Sequence[ListedRun], script: Path, logdir: Path, verdict: str | None = None
) -> None:
    """Print the commands that show runs, as a table and in TensorBoard, and the one for a verdict
    on them."""
    table = Request(logdir, [script.stem]).table("--group_by=-seed")
    print(f"compare them: {printable(table)}")
    if verdict is not None:
        print(f"which is better: {printable(verdict)}")
    if runs:
        names, records = [listed.name for listed in runs], [listed.record for listed in runs]
        print(tensorboard_links.advice(logdir, names, records))


if __name__ == "__main__":
    sys.exit(run(main, unread=1))
