"""Compare the time of a training step with that of other frameworks, on this machine.

examples:
  benchmark.py                                    softmax, logistic and hidden layer, µs per step
  benchmark.py --peers --markdown                 also PyTorch and JAX, where installed
  benchmark.py --networks=s0,s3 --peers           presets of mlp.py
  benchmark.py --overhead                         the cost of checkpoints, summaries … in a run
  benchmark.py --command                          time, memory and disk of the whole command
  benchmark.py --board                            waiting for TensorBoard's tab Graph Lab
  benchmark.py --start                            waiting for a program's first answer
  benchmark.py --sweep                            a sweep's time, its runs forked and not
  benchmark.py --cluster                          what a sweep on a Dask cluster costs per run

All contestants compute the same thing: the same network, shuffled batches, and the loss and
accuracy of every step; the last columns show that they reach the same result. Each runs in a
process of its own, and they take turns, so that other load on the machine slows all of them alike.
The ratio is the median over rounds. The floor is the time that the matrix products alone would take
if every core worked at the best float32 rate that a single one reaches on this machine.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rich.console import Console

from helper.command import Parser, fail, run
from helper.errors import LabError, UsageError
from helper.signals import sigterm_interrupts
from scripts.benchmarks import command, overhead, report, start, sweep
from scripts.benchmarks.contestants import CONTESTANTS
from scripts.benchmarks.race import race
from scripts.benchmarks.task import NETWORKS, Task

# What is measured in place of the steps of contestants.
MODES = {
    "overhead": "everything but the training steps",
    "command": "hidden_layer.py --steps 30000 as a whole",
    "board": "the tab Graph Lab in TensorBoard",
    "start": "how soon programs answer",
    "sweep": "a sweep of 12 softmax runs, 5,000 steps each",
    "cluster": "a sweep on a Dask cluster of this machine",
}


def main(argv: Sequence[str] | None = None) -> int:
    flags = parse(argv)
    print(machine())
    if flags.overhead:
        return show_overhead(flags)
    if flags.command:
        cost = command.measure("hidden_layer", _arguments(flags, 30_000))
        report.show(
            "hidden_layer.py, the whole command",
            ("", "measured", "at most"),
            cost.rows(),
            flags.markdown,
        )
        return 0
    if flags.board:
        return show_board(flags)
    if flags.start:
        rows = start.measure(flags.repeats, _arguments(flags, 10))
        report.show("waiting for an answer: medians", start.COLUMNS, rows, flags.markdown)
        return 0
    if flags.sweep:
        return show_sweep(flags)
    if flags.cluster:
        return show_cluster(flags)
    return sum([show_race(name, flags) for name in flags.networks]) and 1


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(__doc__)
    add = parser.add_argument
    add(
        "--networks",
        type=_names_of(NETWORKS),
        default=["softmax", "logistic", "hidden_layer"],
        metavar="NAME,…",
        help=f"any of {', '.join(NETWORKS)} (default: the first three)",
    )
    add(
        "--contestants",
        type=_names_of(CONTESTANTS),
        metavar="NAME,…",
        help=f"any of {', '.join(CONTESTANTS)} (default: all but PyTorch and JAX)",
    )
    add("--peers", action="store_true", help="also PyTorch and JAX, if they are installed")
    add("--repeats", type=int, default=9, metavar="N", help="rounds to measure (default: 9)")
    add(
        "--steps",
        type=int,
        metavar="N",
        help="steps in a turn (default: about a second), or in the run",
    )
    add(
        "--batch_size",
        type=int,
        metavar="N",
        help="examples in a batch (default: as the experiment; most have 100)",
    )
    add("--seed", type=int, default=0, metavar="N", help="decides weights and order (default: 0)")
    add("--dataset", default="mnist", metavar="NAME", help="as for an experiment")
    add("--data_dir", metavar="DIR", help="as for an experiment")
    add(
        "--patience",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="wait up to this long before each turn for the machine to be idle (default: 0)",
    )
    for mode, measured in MODES.items():
        add(f"--{mode}", action="store_true", help=f"measure {measured}")
    add("--markdown", action="store_true", help="print Markdown tables")
    flags = parser.parse_args(argv)
    for name in ("repeats", "steps", "batch_size"):
        value = getattr(flags, name)
        if value is not None and value < 1:
            raise UsageError(f"--{name}={value} must be at least 1")
    if not 0 <= flags.patience <= 3600:
        raise UsageError(f"--patience={flags.patience:g} must be from 0 to 3600 seconds")
    whole = [name for name in MODES if getattr(flags, name)]
    if len(whole) > 1:
        raise UsageError(f"--{whole[0]} and --{whole[1]} cannot be combined; give one of them")
    if flags.data_dir:
        flags.data_dir = str(Path(flags.data_dir).expanduser().resolve())
    return flags


def contestants(network: str, flags: argparse.Namespace) -> list[str]:
    """The contestants asked for, or all that are installed and can train the network."""
    if flags.contestants:
        for name in flags.contestants:
            if not CONTESTANTS[name].installed():
                raise LabError(
                    f"{CONTESTANTS[name].title} needs the package {CONTESTANTS[name].package!r}, "
                    "which is not installed"
                )
        return ["project", *(name for name in flags.contestants if name != "project")]
    default = "xla" if NETWORKS[network].compiled else "noxla"
    return [
        name
        for name, contestant in CONTESTANTS.items()
        if (flags.peers or not contestant.peer) and contestant.installed() and name != default
    ]


def show_race(network: str, flags: argparse.Namespace) -> int:
    """Race on one network and print the table. Returns 1 if the contestants disagree."""
    task = Task(
        network=network,
        turn=flags.steps or NETWORKS[network].turn,
        turns=flags.repeats + 1,
        batch_size=flags.batch_size or NETWORKS[network].batch_size,
        seed=flags.seed,
        dataset=flags.dataset,
        data_dir=flags.data_dir,
    )
    screen = Console(stderr=True)
    with screen.status(network) as status:
        names = contestants(network, flags)
        results = race(names, task, flags.patience, lambda line: status.update(line))
    title = (
        f"{NETWORKS[network].title}: batch {task.batch_size}, {flags.repeats} × {task.turn:,} steps"
    )
    report.show(title, report.COLUMNS, report.rows(network, results), flags.markdown)
    print(report.others(results), end="\n\n")
    problems = report.unlike(results)
    for problem in problems:
        fail(problem)
    return 1 if problems else 0


def show_overhead(flags: argparse.Namespace) -> int:
    for network in flags.networks:
        experiment, preset = NETWORKS[network].experiment, NETWORKS[network].flags
        parts = overhead.measure(experiment, [*preset, *_arguments(flags, None)])
        title = f"{experiment}.py: seconds of each part of a run, and its share"
        columns = ("part", "seconds", "share", "aim")
        report.show(title, columns, overhead.rows(parts), flags.markdown)
    return 0


def show_board(flags: argparse.Namespace) -> int:
    from scripts.benchmarks import board  # needs TensorBoard

    with tempfile.TemporaryDirectory() as place:
        rows = board.measure(Path(place), flags.repeats)
    columns = ("", "ms", "fastest", "slowest", "aim")
    report.show("the tab Graph Lab in TensorBoard: medians", columns, rows, flags.markdown)
    return 0


def show_sweep(flags: argparse.Namespace) -> int:
    """Print the table. Returns 1 if a forked run's results are not the usual ones."""
    rows, problems = sweep.measure(_arguments(flags, 5_000))
    report.show("a sweep of 12 softmax runs", sweep.COLUMNS, rows, flags.markdown)
    for problem in problems:
        fail(problem)
    return 1 if problems else 0


def show_cluster(flags: argparse.Namespace) -> int:
    from scripts.benchmarks import cluster

    with tempfile.TemporaryDirectory() as place:
        rows = cluster.measure(Path(place))
    title = "a sweep on a Dask cluster, besides the training"
    report.show(title, cluster.COLUMNS, rows, flags.markdown)
    return 0


def machine() -> str:
    """The machine and the versions, without which the figures mean nothing."""
    packages = ("tensorflow", "keras", "torch", "jax", "numpy")
    found = []
    for package in packages:
        try:
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores; "
        f"Python {platform.python_version()}, {', '.join(found)}\n"
    )


def _arguments(flags: argparse.Namespace, steps: int | None) -> list[str]:
    """The flags of an experiment that trains on the same data."""
    values = {"steps": flags.steps or steps, "dataset": flags.dataset, "data_dir": flags.data_dir}
    return [f"--{name}={value}" for name, value in values.items() if value]


def _names_of(known: Mapping[str, object]) -> Callable[[str], list[str]]:
    def names(text: str) -> list[str]:
        for name in text.split(","):
            if name not in known:
                raise argparse.ArgumentTypeError(f"{name!r} is not one of {', '.join(known)}")
        return text.split(",")

    return names


if __name__ == "__main__":
    sigterm_interrupts()  # so that the workers end too
    sys.exit(run(main, unread=1))
