"""A comparison as CSV, Markdown or JSON, with every point that was logged."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from helper.comparing.comparison import Table, text
from helper.errors import LabError, printable
from helper.files import write_atomically
from helper.runs import record
from helper.runs.listing import ListedRun

# How text begins that a spreadsheet takes for a formula (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def write(target: str, content: str) -> None:
    """Write to a file, or to standard output for "-". Raises LabError."""
    if target == "-":
        sys.stdout.write(content)
        return
    try:
        if os.path.lexists(target) and not os.path.isfile(target):
            Path(target).write_text(content, encoding="utf-8")  # a device, such as /dev/stdout
        else:
            # No half of a file on a full disk. A link stays one.
            write_atomically(Path(os.path.realpath(target)), content, durable=False)
    except OSError as error:
        raise LabError(f"cannot write {target}: {error.strerror}") from error
    print(f"wrote {printable(os.path.relpath(target))}", file=sys.stderr)


def as_csv(table: Table) -> str:
    """Numbers in full precision; an empty cell where there is no value.

    Text that a spreadsheet would take for a formula gets an apostrophe before it, as OWASP advises
    against CSV injection; control characters become escapes such as ``\\x1b``.
    """
    rows = ([row[column] for column in table.columns] for row in table.rows)
    return _csv(table.columns, rows)


def points_as_csv(runs: Sequence[ListedRun]) -> str:
    """A line for each logged point of each curve, times in seconds; text as in `as_csv`."""

    def lines() -> Iterator[list[Any]]:
        for run in runs:
            for tag, curve in run.curves().items():
                columns = (curve.step, curve.wall_time, curve.seconds, curve.value)
                for point in zip(*(column.tolist() for column in columns), strict=True):
                    yield [run.name, tag, *point]

    return _csv(["name", "tag", "step", "wall_time", "seconds", "value"], lines())


def as_markdown(table: Table) -> str:
    lines = [table.columns, ["---"] * len(table.columns)]
    lines += [[text(row[column], column) for column in table.columns] for row in table.rows]
    return "".join(
        "| " + " | ".join(printable(cell).replace("|", "\\|") for cell in line) + " |\n"
        for line in lines
    )


def as_json(table: Table, runs: Sequence[ListedRun]) -> str:
    """The table, and each run's record and curves. JSON has no nan: it is the text "NaN"."""
    content = {
        "columns": table.columns,
        "rows": finite(table.rows),
        "runs": [
            {
                "name": run.name,
                "status": run.status,
                "record": finite(record.as_json(run.record)) if run.record else {},
                "curves": {
                    tag: {
                        "step": curve.step.tolist(),
                        "wall_time": numbers(curve.wall_time),
                        "seconds": numbers(curve.seconds),
                        "value": numbers(curve.value),
                    }
                    for tag, curve in run.curves().items()
                },
            }
            for run in runs
        ],
    }
    return json.dumps(content, allow_nan=False) + "\n"


def numbers(values: np.ndarray) -> list[Any]:
    """float64 [n] as `finite` returns them; fast where all are finite."""
    found = values.tolist()
    return found if np.isfinite(values).all() else finite(found)


def finite(value: Any) -> Any:
    """The value with "NaN", "Infinity" and "-Infinity" for the numbers that JSON does not have."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    return value


def _csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_cell(name) for name in header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return stream.getvalue()


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, (int, float)):
        return value
    shown = text(value)
    formula = shown.startswith(_FORMULA) and not _is_number(shown)
    return "'" * formula + printable(shown)


def _is_number(shown: str) -> bool:
    try:
        float(shown)
    except ValueError:
        return False
    return True
