"""How to look at runs in TensorBoard: the command that starts it, and the page that shows them.

The address says what the page shows: which runs, which tags, and no smoothing, which would draw a
curve of few points where it never was.
"""

from __future__ import annotations

import re
import urllib.parse
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from helper.command import shell_path
from helper.errors import printable
from helper.runs.directory import number
from helper.runs.record import Record

_SERVER = "http://localhost:6006/"  # TensorBoard's own default
_SPECIAL = re.compile(r"[.*+?^${}()|\[\]\\]")  # in regular expressions of JavaScript
_SHOWN_FIRST = ("accuracy", "loss")


def advice(logdir: str | Path, names: Iterable[str], records: Iterable[Record | None]) -> str:
    """Two lines: how to start TensorBoard, and where these runs are then.

    names: of the runs, below the log directory. records: theirs.
    """
    return f"look at it:    {command(logdir)}\n               {link(names, tags(records))}"


def command(logdir: str | Path) -> str:
    """The command that starts TensorBoard, for a shell."""
    return f"tensorboard --logdir {printable(shell_path(logdir))}"


def link(names: Iterable[str], curves: Sequence[str] = _SHOWN_FIRST) -> str:
    """The address of a page with the curves of exactly these runs.

    names: of the runs, below the log directory. curves: their tags.
    """
    parameters = {
        "smoothing": "0",
        "runFilter": run_filter(names),
        "tagFilter": f"^({'|'.join(map(_literal, curves))})$",
    }
    # A name of bytes that are not UTF-8 cannot be found by any address.
    query = urllib.parse.urlencode(parameters, errors="replace", quote_via=urllib.parse.quote)
    return f"{_SERVER}?{query}#timeseries"


def run_filter(names: Iterable[str]) -> str:
    """A regular expression for the entries of these runs: train, and test or validation.

    In an experiment's directory a number is unique, so that it stands for the whole name.
    """
    endings: dict[str, list[str]] = defaultdict(list)
    for name in names:
        path = PurePosixPath(name)
        numbered = number(Path(path.name)) >= 0
        end = path.name.partition("-")[0] if numbered else _literal(path.name)
        endings["" if str(path.parent) == "." else f"{_literal(str(path.parent))}/"].append(end)
    places = [f"{parent}({'|'.join(found)})" for parent, found in endings.items()]
    return f"^({'|'.join(places)})(-|/|$)"


def tags(records: Iterable[Record | None]) -> list[str]:
    """The curves to show: accuracy, loss, and the metrics that choose the best checkpoints."""
    known = [record for record in records if record]
    chosen = dict.fromkeys((*_SHOWN_FIRST, *(record.select_by for record in known)))
    return [name for name in chosen if any(name in record.lower_is_better for record in known)]


def _literal(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text)
