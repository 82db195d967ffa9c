"""How long a program keeps a user waiting for its first answer, and for a short run."""

from __future__ import annotations

import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from helper.errors import LabError
from scripts.benchmarks.task import ROOT

COLUMNS = ("", "seconds", "fastest", "slowest", "processor seconds", "aim")
ANSWER_SECONDS = 1.0  # what any answer may take, on the clock and of the processor
# What is asked, and the exit code of the answer.
QUESTIONS = (
    ("softmax.py --help", ["experiments/softmax.py", "--help"], 0),
    ("mlp.py, a wrong flag", ["experiments/mlp.py", "--no_such_flag"], 2),
    ("softmax.py, data that is missing", ["experiments/softmax.py", "--data_dir=missing"], 1),
    ("softmax.py, a run that is missing", ["experiments/softmax.py", "--resume=77"], 2),
    ("predict.py --help", ["scripts/predict.py", "--help"], 0),
    ("predict.py, a run that is missing", ["scripts/predict.py", "softmax/77"], 2),
    ("compare_runs.py --help", ["scripts/compare_runs.py", "--help"], 0),
)
Row = list[str]


class Spent(NamedTuple):
    """Seconds on the clock, and of the processor: of the user and the system, nan if unknown."""

    clock: float
    processor: float


def measure(repeats: int, arguments: Sequence[str]) -> list[Row]:
    """Rows of ``COLUMNS``. arguments: of the run. Raises LabError if a command fails."""
    rows = []
    with tempfile.TemporaryDirectory() as place:
        for what, command, code in QUESTIONS:
            spent = [_start(command, place, code)[1] for _ in range(repeats)]
            rows.append(row(what, spent, ANSWER_SECONDS))
        run = ["experiments/softmax.py", *arguments]
        runs = [_start(run, place) for _ in range(max(1, repeats // 3))]
    rows.append(row("softmax.py, a run's first line", [r[0] for r in runs], ANSWER_SECONDS))
    rows.append(row("the same run, to its end", [r[1] for r in runs], None))
    return rows


def row(what: str, spent: Sequence[Spent], aim: float | None) -> Row:
    """Medians, and whether both of them are less than the aim, in seconds."""
    clock = [each.clock for each in spent]
    median, processor = (statistics.median(column) for column in zip(*spent, strict=True))
    numbers = [f"{value:.2f}" for value in (median, min(clock), max(clock))]
    numbers.append("" if math.isnan(processor) else f"{processor:.2f}")
    if aim is None:
        return [what, *numbers, ""]
    kept = median < aim and not processor >= aim
    return [what, *numbers, f"< {aim:g} s {'✓' if kept else '✗'}"]


def _start(command: Sequence[str], place: str, code: int = 0) -> tuple[Spent, Spent]:
    """What a command spends until its first line, and until its end. place: where it runs."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, str(ROOT / command[0]), *command[1:]],
        cwd=place,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout
    with process.stdout as output:
        lines = [output.readline()]
        first = Spent(time.perf_counter() - started, _processor_seconds(process.pid))
        lines += output.readlines()
    # Unlike Popen.wait, it reports the resources of this one child.
    _, status, usage = os.wait4(process.pid, 0)
    end = Spent(time.perf_counter() - started, usage.ru_utime + usage.ru_stime)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != code:
        last = lines[-1].decode(errors="replace").strip()
        raise LabError(f"{command[0]} ended with exit code {process.returncode}: {last}")
    return first, end


def _processor_seconds(number: int) -> float:
    """What a process has used so far; nan where the system has no /proc."""
    try:
        fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return math.nan
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
