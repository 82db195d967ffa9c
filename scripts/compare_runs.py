"""Compare runs: a table, curves, and a verdict.

examples:
  compare_runs.py                                   every run in logs/
  compare_runs.py 'hidden_layer/*' --sort test/accuracy --top 5
  compare_runs.py --where "learning_rate<0.5 and status=completed" --html report.html
  compare_runs.py --group_by=-seed                  mean and standard deviation over seeds
  compare_runs.py --verdict hidden_layer/0001 hidden_layer/0002
  compare_runs.py --verdict learning_rate=0.1 learning_rate=0.5
  compare_runs.py --verdict learning_rate           all of its values, ranked

On a terminal, each experiment is a table of its own, with the columns that
there is room for; files hold one table with all of them. --top counts rows over
all experiments. In CSV files, text that a spreadsheet would take for a formula
begins with an apostrophe.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from helper import tables
from helper.command import Parser, note, run
from helper.comparing import (
    comparison,
    export,
    ranking,
    report_html,
    sides,
    significance,
    terminal,
    verdict_text,
)
from helper.comparing.comparison import Group, Table
from helper.comparing.request import Request
from helper.errors import UsageError, printable
from helper.runs import listing, naming, tensorboard_links
from helper.runs.listing import ListedRun

OUTPUTS = ("csv", "markdown", "json", "points", "html")


def main(argv: Sequence[str] | None = None) -> int:
    flags = parse(argv)
    runs = listing.find(Path(flags.logdir), flags.runs)
    if flags.where is not None:
        runs = comparison.select(runs, flags.where)
    if flags.verdict:
        judge(runs, flags)
    else:
        compare(runs, flags)
    for line in sorted({problem for listed in runs for problem in listed.problems}):
        note(line)
    return 0


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(__doc__)
    add = parser.add_argument
    add("runs", nargs="*", metavar="RUN", help=f"{naming.FORMS}, or a glob (default: all)")
    add("--logdir", default="logs", metavar="DIR", help="where runs are (default: logs)")
    add("--where", metavar="CONDITION", help="= != < <= > >= ~ (contains), and, or, not, ( )")
    add("--metric", default="test/accuracy", metavar="NAME[,NAME]", help="(default: test/accuracy)")
    add("--target", type=float, metavar="VALUE", help="show the time until the metric reaches it")
    add("--group_by", metavar="NAME,…", help="settings to group by; -seed: all but the seed")
    add("--sort", metavar="FIELD", help="metrics best first, others ascending; -FIELD reverses")
    add("--top", type=int, metavar="N", help="only the first N rows, over all experiments")
    add("--verdict", nargs="+", metavar="SIDE", help="names, globs, conditions; or one setting")
    add("--confidence", type=float, default=0.95, help="of the verdict (default: 0.95)")
    add("--csv", metavar="FILE", help="write the table; - is standard output, also below")
    add("--markdown", metavar="FILE", help="write the table")
    add("--json", metavar="FILE", help="write the table, the records and every logged point")
    add("--points", metavar="FILE", help="write every logged point as CSV")
    add("--html", metavar="FILE", help="write a page with the table and the curves")
    flags = parser.parse_intermixed_args(argv)
    if flags.top is not None and flags.top < 1:
        raise UsageError("--top must be at least 1")
    if not 0.5 <= flags.confidence < 1:
        raise UsageError("--confidence must be at least 0.5 and less than 1")
    check_outputs(flags)
    return flags


def check_outputs(flags: argparse.Namespace) -> None:
    """Raise UsageError where one output would overwrite, or run into, another."""
    taken: dict[str, str] = {}
    for name in OUTPUTS:
        target = getattr(flags, name)
        if target is None:
            continue
        place = target if target == "-" else os.path.realpath(target)
        if place in taken:
            raise UsageError(f"--{taken[place]} and --{name} cannot both write to {target}")
        taken[place] = name


def judge(runs: Sequence[ListedRun], flags: argparse.Namespace) -> None:
    """Print a verdict on two sides, or a ranking of more."""
    request = Request(Path(flags.logdir), flags.runs, flags.where or "", flags.confidence)
    chosen = sides.resolve(flags.verdict, runs, request)
    if chosen.settings is not None:
        print(printable(verdict_text.used(chosen)))
    if len(chosen.names) > 2:
        named = dict(zip(chosen.names, chosen.runs, strict=True))
        verdict_text.show(ranking.rank(named, flags.confidence))
    else:
        first, second = chosen.runs
        verdict = significance.judge(first, second, flags.confidence)
        for sentence in verdict.sentences(*chosen.names):
            print(printable(sentence))
    show_link([listed for side in chosen.runs for listed in side], flags)


def compare(runs: Sequence[ListedRun], flags: argparse.Namespace) -> None:
    """Show or write the table, by run or by group."""
    metrics = [name.strip() for name in flags.metric.split(",") if name.strip()]
    if not metrics:
        raise UsageError("--metric needs a name, such as test/accuracy")
    if flags.metric != "test/accuracy" and runs:
        for name in metrics:
            comparison.check_field(name, (listed.fields for listed in runs))
    if flags.group_by is not None:
        groups = comparison.group(runs, [name.strip() for name in flags.group_by.split(",")])
        table = comparison.group_table(groups, metrics, flags.target)
        items = list(zip(table.rows, groups, strict=True))
    else:
        table = comparison.run_table(runs, metrics, flags.target)
        items = [
            (row, Group(listed.name, {}, [listed]))
            for row, listed in zip(table.rows, runs, strict=True)
        ]
    items = _ordered(items, flags)
    table = Table(table.columns, [row for row, _ in items])
    chosen = [group for _, group in items]
    if output(table, chosen, flags):
        return
    width = tables.terminal_width()
    if flags.group_by is not None:
        terminal.show_groups(chosen, metrics, flags.target, width)
    else:
        terminal.show_runs([group.runs[0] for group in chosen], metrics, flags.target, width)
    if chosen:
        show_link([listed for group in chosen for listed in group.runs], flags)


def show_link(runs: Sequence[ListedRun], flags: argparse.Namespace) -> None:
    """Print where exactly these runs are in TensorBoard."""
    names, records = [listed.name for listed in runs], [listed.record for listed in runs]
    print(tensorboard_links.advice(flags.logdir, names, records))


def output(table: Table, groups: Sequence[Group], flags: argparse.Namespace) -> bool:
    """Write the files that were asked for. Returns whether there were any."""
    runs = [listed for group in groups for listed in group.runs]
    contents = {
        "csv": lambda: export.as_csv(table),
        "markdown": lambda: export.as_markdown(table),
        "json": lambda: export.as_json(table, runs),
        "points": lambda: export.points_as_csv(runs),
        "html": lambda: report_html.page(table, groups, flags.confidence),
    }
    wanted = [name for name in OUTPUTS if getattr(flags, name) is not None]
    for name in wanted:
        export.write(getattr(flags, name), contents[name]())
    return bool(wanted)


def _ordered(
    items: list[tuple[dict, Group]], flags: argparse.Namespace
) -> list[tuple[dict, Group]]:
    if flags.sort and items:
        name = flags.sort.lstrip("-")
        rows = [
            {**(group.runs[0].fields if flags.group_by is None else {}), **row}
            for row, group in items
        ]
        comparison.check_field(name, rows)
        runs = [listed for _, group in items for listed in group.runs]
        lower = comparison.direction(name, runs)
        places = comparison.ordered(
            range(len(rows)), flags.sort, lambda i: rows[i].get(name), lower
        )
        items = [items[place] for place in places]
    return items[: flags.top]


if __name__ == "__main__":
    sys.exit(run(main))
