"""List, rename, archive or remove runs. Only shows what it would do, until --yes is given.

examples:
  clean_runs.py list --status killed,failed
  clean_runs.py remove --status killed --older_than 7d --yes
  clean_runs.py remove 'hidden_layer/00*' --shorter_than 1000
  clean_runs.py archive --where "test/accuracy<0.9"        into logs/archive/
  clean_runs.py rename hidden_layer/0001 baseline          becomes hidden_layer/0001-baseline

A running run, a run of another program, and whatever is outside of the log directory or behind a
link are left alone; the exit code is 1 if one of them was named.
"""

from __future__ import annotations

import argparse
import datetime
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from helper import tables
from helper.command import Parser, fail, run
from helper.comparing import comparison
from helper.errors import LabError, UsageError, printable
from helper.runs import cleaning, listing, naming
from helper.runs.listing import ListedRun

ACTIONS = ("list", "remove", "archive", "rename")


def main(argv: Sequence[str] | None = None) -> int:
    flags = parse(argv)
    logdir = Path(flags.logdir)
    if flags.action == "rename":
        return rename(flags, logdir)
    chosen = select(listing.find(logdir, flags.runs), flags)
    if flags.action == "list":
        show(chosen, {})
        return 0
    obstacles = {listed.name: cleaning.obstacle(listed, logdir) for listed in chosen}
    show(chosen, obstacles)
    todo = [listed for listed in chosen if obstacles[listed.name] is None]
    if flags.yes and flags.runs:
        todo = chosen  # a run that was named is not passed over silently: it fails
    action = cleaning.remove if flags.action == "remove" else cleaning.archive
    return act(todo, flags.action, lambda listed: action(listed, logdir), flags.yes)


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(__doc__)
    add = parser.add_argument
    add("action", choices=ACTIONS)
    add("runs", nargs="*", metavar="RUN", help=f"{naming.FORMS}, or a glob; for rename: RUN NAME")
    add("--logdir", default="logs", metavar="DIR", help="where runs are (default: logs)")
    add("--status", metavar="STATUS,…", help="only these: killed, failed, diverged, …")
    add("--older_than", metavar="AGE", help="only runs that ended longer ago: 30m, 12h, 7d, 2w")
    add("--shorter_than", type=int, metavar="STEPS", help="only runs of fewer steps")
    add("--where", metavar="CONDITION", help="as in compare_runs.py")
    add("--yes", action="store_true", help="do it, instead of showing it")
    flags = parser.parse_intermixed_args(argv)
    if flags.action == "rename" and len(flags.runs) != 2:
        raise UsageError("rename needs a run and its new name")
    filters = (flags.status, flags.older_than, flags.shorter_than, flags.where)
    if flags.action in ("remove", "archive") and not flags.runs and filters == (None,) * 4:
        raise UsageError(f"say which runs to {flags.action}: by name, or with --status, …")
    return flags


def select(runs: Sequence[ListedRun], flags: argparse.Namespace) -> list[ListedRun]:
    chosen = list(runs)
    if flags.where is not None:
        chosen = comparison.select(chosen, flags.where)
    if flags.status is not None:
        wanted = {status.strip() for status in flags.status.split(",")}
        chosen = [listed for listed in chosen if listed.status in wanted]
    if flags.older_than is not None:
        least = cleaning.seconds(flags.older_than)
        now = datetime.datetime.now(datetime.timezone.utc)
        chosen = [listed for listed in chosen if cleaning.age(listed, now) > least]
    if flags.shorter_than is not None:
        steps = {listed.name: listed.fields["step"] for listed in chosen}
        chosen = [
            listed
            for listed in chosen
            if isinstance(steps[listed.name], int) and steps[listed.name] < flags.shorter_than
        ]
    return chosen


def show(runs: Sequence[ListedRun], obstacles: dict[str, str | None]) -> None:
    now = datetime.datetime.now(datetime.timezone.utc)
    rows = [
        (
            listed.name,
            listed.status,
            f"{cleaning.age(listed, now) / 86400:.1f}",
            comparison.text(listed.fields["step"]),
            f"{cleaning.size(listed.path) / 1e6:.2f}",
            obstacles.get(listed.name) or "",
        )
        for listed in runs
    ]
    columns = ["name", "status", "days", "step", "MB", "left alone because"]
    if not any(row[-1] for row in rows):
        columns, rows = columns[:-1], [row[:-1] for row in rows]  # type: ignore[misc]
    if rows:
        tables.show(columns, rows)
    else:
        print("no runs")


def rename(flags: argparse.Namespace, logdir: Path) -> int:
    name, new = flags.runs
    found = listing.one(name, logdir)
    target = cleaning.new_path(found, new)
    print(f"{found.name} → {target.name}")
    return act([found], "rename", lambda listed: cleaning.rename(listed, new, logdir), flags.yes)


def act(
    runs: Sequence[ListedRun], word: str, action: Callable[[ListedRun], object], yes: bool
) -> int:
    """Do it, run by run, or say what would be done. Returns 1 if it failed for a run."""
    if not yes:
        if runs:
            print(f"would {word} {len(runs)} run{'s' * (len(runs) > 1)}; add --yes to do it")
        return 0
    failed = 0
    for listed in runs:
        try:
            action(listed)
            print(f"{word}d {printable(listed.name)}")
        except LabError as error:
            failed = fail(error)
    return failed


if __name__ == "__main__":
    sys.exit(run(main))
