"""What a report shows of each experiment: its table, what its runs are called, what they share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from helper.comparing import labels
from helper.comparing.comparison import Group, Table, text

WITHOUT_RECORD = "Runs without a record"
_NEVER_LEFT_OUT = ("name",)


@dataclass(frozen=True)
class Section:
    """One experiment. table: a row for each group, without the columns that say nothing here;
    same: {column: the value that all rows have}; labels: what the legend calls each group. Columns
    without any value, such as the settings of other experiments, are nowhere."""

    title: str
    table: Table
    groups: list[Group]
    labels: list[str]
    same: dict[str, Any]


def sections(table: Table, groups: Sequence[Group]) -> list[Section]:
    """One for each experiment, in the order of the table; what has no record comes last."""
    found: dict[str | None, list[tuple[dict, Group]]] = {}
    for row, group in zip(table.rows, groups, strict=True):
        found.setdefault(experiment(group), []).append((row, group))
    order = sorted(found, key=lambda name: name is None)
    return [_section(name, table.columns, found[name]) for name in order]


def experiment(group: Group) -> str | None:
    return group.runs[0].record.experiment if group.runs[0].record else None


def _section(
    name: str | None, columns: Sequence[str], items: Sequence[tuple[dict, Group]]
) -> Section:
    groups = [group for _, group in items]
    rows = [{**_beside(group), **row} for row, group in items]
    headed = ("experiment",) if name is not None else ()
    known = [c for c in columns if c not in ("note", *headed)] + ["commit", "note"]
    known = [c for c in known if c != "commit" or len(rows) > 1]
    empty = [c for c in known if all(row.get(c) in (None, "") for row in rows)]
    same = {
        c: rows[0][c]
        for c in known
        if len(rows) > 1
        and c not in (*_NEVER_LEFT_OUT, *empty)
        and len({repr(row.get(c)) for row in rows}) == 1
    }
    kept = [c for c in known if c not in empty and c not in same]
    single = all(len(group.runs) == 1 and group.name == group.runs[0].name for group in groups)
    called = (
        labels.of_runs([group.runs[0] for group in groups]) if single else labels.of_groups(groups)
    )
    return Section(
        WITHOUT_RECORD if name is None else name,
        Table(kept, [{c: row.get(c) for c in kept} for row in rows]),
        groups,
        called,
        same,
    )


def _beside(group: Group) -> dict[str, Any]:
    """What a row says of the runs beside the table's own columns: their commits and notes."""
    notes = dict.fromkeys(str(run.fields["note"]) for run in group.runs if run.fields.get("note"))
    return {
        "commit": ", ".join(brief(commit) for commit in commits(group.runs)) or None,
        "note": "; ".join(notes) or None,
    }


def commits(runs: Sequence[Any]) -> Counter[str]:
    """How many of the runs were made at each commit that their records name."""
    return Counter(run.record.commit for run in runs if run.record and run.record.commit)


def brief(commit: str) -> str:
    """As Git abbreviates it; "+changes" stays."""
    return commit.partition("+")[0][:8] + "+changes" * commit.endswith("+changes")


def left_out(section: Section) -> list[str]:
    """The lines that name the columns which are not in the table."""
    lines = []
    if section.same:
        pairs = ", ".join(f"{name} {text(value, name)}" for name, value in section.same.items())
        lines.append(f"same for all: {pairs}")
    return lines
