from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from rich.console import Console

from helper.runs import listing
from helper.sweeping import progress
from helper.sweeping.progress import SweepProgress
from helper.sweeping.sweep import Outcome
from tests.made_runs import make_run

SETTINGS = [("--rate=0.1", "--seed=1", "--xla"), ("--rate=0.5", "--seed=1", "--xla")]


def test_a_line_for_each_outcome(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    make_run(Path("logs/toy/0001"), 0.75)
    (run,) = listing.find(Path("logs"))
    with SweepProgress(SETTINGS) as shown:
        shown.ended(Outcome(SETTINGS[0], "completed", True, "", run))
        shown.ended(Outcome(SETTINGS[1], "failed", False, "error: no \x1b[31m[red]", None))
    assert capsys.readouterr().out.splitlines() == [
        "[1/2] rate=0.1: completed before, test/accuracy 0.7500, logs/toy/0001",
        r"[2/2] rate=0.5: failed, error: no \x1b[31m[red]",
    ]


def test_on_a_rung_a_line_has_what_decides_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    make_run(Path("logs/toy/0001"), 0.75, curve={50: 0.5, 100: 0.75})
    (run,) = listing.find(Path("logs"))
    with SweepProgress(SETTINGS[:1], SETTINGS, goal=50) as shown:
        shown.ended(Outcome(SETTINGS[0], "completed", False, "", run))
    assert capsys.readouterr().out == (
        "[1/1] rate=0.1: completed, test/accuracy 0.5000, logs/toy/0001\n"
    )


def test_a_sweep_of_one_setting_has_a_name_too(capsys):
    with SweepProgress(SETTINGS[:1]) as shown:
        shown.ended(Outcome(SETTINGS[0], "diverged", False, "", None))
    assert capsys.readouterr().out == "[1/1] the run: diverged\n"


@pytest.mark.parametrize("value", ["[/bold]", r"\[/]", ":smile:", os.fsdecode(b"\xff"), "\x07"])
def test_values_are_shown_literally_on_a_terminal(monkeypatch, value):
    out = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
    monkeypatch.setattr(out, "isatty", lambda: True)
    monkeypatch.setattr(progress.sys, "stdout", out)
    monkeypatch.setattr(
        progress, "Console", lambda **options: Console(width=200, force_terminal=True, **options)
    )
    settings = [(f"--name={value}",), ("--name=b",)]
    with SweepProgress(settings) as shown:
        shown.step(settings[0], 10, 100, f"loss {value}")
        shown.ended(Outcome(settings[1], "completed", False, "", None))
        shown._bar.refresh()
    text = out.buffer.getvalue().decode()
    literally = value.encode("unicode_escape").decode() if not value.isprintable() else value
    assert f"name={literally}" in text and f"loss {literally}" in text
    assert "10/100" in text and "\x07" not in text
