"""Run every system of the articles and show what they state beside what is measured here.

examples:
  replicate.py                        everything, three seeds each (about half an hour)
  replicate.py --only S0,S3 --seeds 5
  replicate.py --quick                a few steps of each, to see that everything works

Each run is a process of its own, with the command that a user would type. A run that has already
completed is not repeated; after changing the code, use another --logdir.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from helper import tables
from helper.command import Parser, fail, run
from helper.comparing import export
from helper.errors import UsageError, printable
from helper.runs import listing
from helper.runs.listing import ListedRun
from scripts.replication import claims, systems
from scripts.replication.systems import SYSTEMS, System

ROOT = Path(__file__).resolve().parents[1]


def main(argv: Sequence[str] | None = None) -> int:
    flags = parse(argv)
    logdir = Path(flags.logdir).absolute()
    done: dict[str, list[ListedRun]] = {}
    failed = 0
    for system in flags.systems:
        for seed in range(min(flags.seeds, system.seeds)):
            finished = run_once(system, seed, flags.quick, logdir)
            failed += finished is None
            if finished:
                done.setdefault(system.name, []).append(finished)
    if not done:
        return 1
    found = [systems.table(done), claims.table(done)]
    for table in found:
        if table.rows:
            tables.show(table.columns, [list(row.values()) for row in table.rows], left=True)
    logdir.mkdir(parents=True, exist_ok=True)
    parts = [export.as_markdown(table) for table in found if table.rows]
    if flags.quick:
        parts.insert(0, "Shortened runs (`--quick`): these are not the articles' figures.\n")
    export.write(flags.markdown or str(logdir / "replication.md"), "\n".join(parts))
    return 1 if failed else 0


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(__doc__)
    add = parser.add_argument
    names = [system.name for system in SYSTEMS]
    add("--only", metavar="NAME,…", help=f"some of {', '.join(names)}")
    add("--seeds", type=int, default=3, metavar="N", help="seeds 0 to N - 1 (default: 3)")
    add("--quick", action="store_true", help="a few steps instead of the full length")
    add("--logdir", default="logs/replication", metavar="DIR", help="(default: logs/replication)")
    add("--markdown", metavar="FILE", help="(default: replication.md in the log directory)")
    flags = parser.parse_args(argv)
    if not 1 <= flags.seeds <= 1000:
        raise UsageError("--seeds must be from 1 to 1000")
    wanted = flags.only.split(",") if flags.only is not None else names
    for name in wanted:
        if name not in names:
            raise UsageError(f"--only: there is no system {name!r}; there are {', '.join(names)}")
    flags.systems = [system for system in SYSTEMS if system.name in wanted]
    return flags


def run_once(system: System, seed: int, quick: bool, logdir: Path) -> ListedRun | None:
    """The completed run of a system with a seed, started now if there is none; None if it fails."""
    arguments = [*system.command[1:], *(system.quick if quick else ()), f"--seed={seed}"]
    arguments += [f"--run_name={system.name}-seed{seed}", f"--logdir={logdir}"]
    title = f"{system.name}, seed {seed}"
    finished = find(system, arguments, logdir)
    if finished:
        print(f"{title}: already completed, {printable(finished.name)}")
        return finished
    print(f"{title}: {system.command[0]}.py {' '.join(arguments[:-2])}", flush=True)
    script = ROOT / "experiments" / f"{system.command[0]}.py"
    # The paths of the flag files are relative to the project.
    ended = subprocess.run(
        [sys.executable, str(script), *arguments], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    finished = find(system, arguments, logdir)
    if ended.returncode or finished is None:
        fail(f"{title} ended with exit code {ended.returncode}")
        return None
    accuracy = systems.percent([finished.final.get("test/accuracy")])
    print(f"{title}: {accuracy} in {finished.fields['seconds']:.1f} s", flush=True)
    return finished


def find(system: System, arguments: Sequence[str], logdir: Path) -> ListedRun | None:
    """The newest completed run that was started with exactly these arguments."""
    directory = logdir / system.command[0]
    if not directory.is_dir():
        return None
    for found in reversed(listing.find(directory)):
        started = found.record.argv[1:] if found.record else None
        if found.status == "completed" and started == list(arguments):
            return found
    return None


if __name__ == "__main__":
    sys.exit(run(main, unread=1))
