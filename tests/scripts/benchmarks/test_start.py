from __future__ import annotations

import math

import pytest

from helper.errors import LabError, UsageError
from scripts import benchmark
from scripts.benchmarks import start
from scripts.benchmarks.start import Spent


def test_medians_of_the_clock_and_of_the_processor():
    spent = [Spent(0.5, 0.4), Spent(0.3, 0.6), Spent(0.9, 0.5)]
    found = start.row("x", spent, 1.0)
    assert found == ["x", "0.50", "0.30", "0.90", "0.50", "< 1 s ✓"]
    assert len(found) == len(start.COLUMNS)


@pytest.mark.parametrize(
    ("spent", "kept"),
    [
        (Spent(0.9, 1.5), "< 1 s ✗"),  # fast only because there are several cores
        (Spent(1.5, 0.9), "< 1 s ✗"),
        (Spent(0.9, math.nan), "< 1 s ✓"),
    ],
)
def test_both_must_keep_the_aim(spent, kept):
    assert start.row("x", [spent], 1.0)[-1] == kept
    assert start.row("x", [spent], None)[-1] == ""


def test_a_question_is_asked(tmp_path):
    first, end = start._start(["scripts/fetch_data.py", "--help"], str(tmp_path))
    assert 0 < first.clock <= end.clock and 0 < end.processor < 10


def test_another_answer_is_an_error(tmp_path):
    with pytest.raises(LabError, match="fetch_data.py ended with exit code 2: error: .*--nothing"):
        start._start(["scripts/fetch_data.py", "--nothing"], str(tmp_path))


def test_one_mode_at_a_time():
    with pytest.raises(UsageError, match="give one of them"):
        benchmark.parse(["--board", "--start"])
