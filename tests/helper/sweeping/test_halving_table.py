"""The table of successive halving on terminals of several widths."""

from __future__ import annotations

import pytest

from helper import tables
from helper.sweeping import halving_table
from helper.sweeping.halving import Rung
from helper.sweeping.halving_settings import Candidate
from helper.sweeping.rungs import Climbed, Standing


def climbed(*owns, seeds=1):
    standings = [
        Standing(Candidate(own, (own,) * seeds), 1 + (not place), "completed", 0.5, [], 10)
        for place, own in enumerate(owns)
    ]
    bad = Standing(Candidate(("--bad=\x1b[1m",), ((),) * seeds), 1, "diverged", None, [], 5)
    rungs = [Rung(1000, len(owns) + 1), Rung(3000, 1)]
    return Climbed(rungs, [*standings, bad], "validation/accuracy", 100)


LONG = [(f"--learning_rate=0.{i}", "--layers=" + "128," * 20, "--xla") for i in (1, 2)]


@pytest.mark.parametrize("width", [60, 80, 100, 200, None])
def test_it_fits(monkeypatch, capsys, width):
    monkeypatch.setattr(tables, "terminal_width", lambda: width)
    halving_table.show(climbed(*LONG))
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= (width or 1000)
    rows = [line.split() for line in lines if " of 2 " in line]
    assert [row[:6] for row in rows] == [
        ["1", "2", "of", "2", "3,000", "0.5000"],
        ["2", "1", "of", "2", "1,000", "0.5000"],
        ["3", "1", "of", "2", "1,000", "diverged"],
    ]
    assert "\x1b" not in "".join(lines)
    own_columns = width in (200, None)
    assert (rows[0][-1] == "yes") == own_columns
    assert ("setting" in "".join(lines)) == (not own_columns)


def test_several_seeds_have_a_mean(capsys):
    halving_table.show(climbed(("--a=1",), seeds=3))
    assert "mean" in capsys.readouterr().out


def test_the_lines_below():
    found = climbed(("--a=1",), ("--a=2",))
    assert halving_table.best(found) == "best: a=1 after 3,000 steps ()"
    assert halving_table.cost(found) == (
        "steps trained: 25 of the 100 that all runs to the end would take (25%)"
    )
