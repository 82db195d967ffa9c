from __future__ import annotations

import os
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from helper.runs.record import Best, Record, Status
from helper.training import console

RECORD = Record(
    "softmax",
    "0001",
    Status.COMPLETED,
    step=30_000,
    seconds=12.34,
    steps_per_second=2431.1,
    final={"test/accuracy": 0.92, "train/accuracy": 0.93},
    best={"test/accuracy": Best(0.921, 29_000)},
)


def test_layer_table(capsys):
    console.layer_table(
        {
            "hidden/weight": [784, 625],
            "hidden/bias": [625],
            "readout/weight": [625, 10],
            "readout/bias": [10],
        }
    )
    lines = capsys.readouterr().out.splitlines()
    (hidden,) = [line for line in lines if "hidden" in line]
    assert "784 × 625" in hidden and "490,625" in hidden
    (readout,) = [line for line in lines if "readout" in line]
    assert "625 × 10" in readout and "6,260" in readout
    assert lines[-1] == "Total params: 496,885"


def test_lines_of_a_run_without_a_terminal(capsys):
    with console.TrainingProgress(0, 1000) as progress:
        progress.steps(500, {"loss": 0.5, "accuracy": 0.75})
        progress.evaluation(500, {"accuracy": 0.75}, "test", {"accuracy": 0.5})
    found = capsys.readouterr()
    assert found.out == "step: 500, train-acc: 0.7500, test-acc: 0.5000\n"
    assert found.err == ""


def test_lines_of_a_run_without_accuracy(capsys):
    with console.TrainingProgress(0, 1000) as progress:
        progress.evaluation(500, {"loss": 0.75, "rmse": 1.0}, "test", {"loss": 0.5, "rmse": 2.0})
    assert capsys.readouterr().out == "step: 500, train-loss: 0.7500, test-loss: 0.5000\n"


def test_notes_are_shown_as_they_are(capsys):
    with console.TrainingProgress(0, 1000) as progress:
        progress.note("error: [bold]logs[/bold] " + "x" * 200)
    assert capsys.readouterr().err == "error: [bold]logs[/bold] " + "x" * 200 + "\n"


def test_live_bar_on_a_terminal(monkeypatch):
    """Step, training and test accuracy, speed and the time left; no line for each evaluation."""
    main, terminal = os.openpty()
    shown = bytearray()

    def read():
        while True:
            try:
                shown.extend(os.read(main, 4096))
            except OSError:  # the other end is closed
                return

    reader = threading.Thread(target=read)
    reader.start()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with open(terminal, "w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        monkeypatch.setattr(sys, "stderr", stream)
        with console.TrainingProgress(0, 30_000) as progress:
            progress.evaluation(0, {"accuracy": 0.1}, "test", {"accuracy": 0.0625})
            progress.steps(1500, {"loss": 0.25, "accuracy": 0.75})
            progress.note("error: look here")
    reader.join(10)
    os.close(main)
    text = shown.decode()
    for words in (
        "1,500/30,000",
        "accuracy: train 0.7500, test 0.0625",
        "steps/s",
        "error: look here",
    ):
        assert words in text
    assert "train-acc" not in text


def test_result(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    console.result(tmp_path / "logs" / "softmax" / "0001", RECORD, [])
    found = capsys.readouterr()
    for words in (
        "0.9200",
        "0.9210",
        "29,000",
        "0.9300",
        "30,000 steps",
        "12.3 s",
        "2,431 steps/s",
    ):
        assert words in found.out
    assert "run directory: logs/softmax/0001\n" in found.out
    *_, command, link = found.out.splitlines()
    assert command.endswith("tensorboard --logdir logs")
    assert link.split()[0].startswith("http://localhost:6006/?smoothing=0&runFilter=%5E%28softmax")
    assert found.err == ""


def test_result_says_what_was_lost(capsys, tmp_path):
    console.result(
        tmp_path / "logs" / "softmax" / "0001",
        replace(RECORD, summaries_lost=1234),
        ["train/events was removed"],
    )
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "error: train/events was removed"
    assert lines[1].startswith("error: 1,234 summary values were not written")


def test_result_where_the_working_directory_is_gone(capsys, tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    console.result(gone / "logs" / "softmax" / "0001", RECORD, [])
    assert f"run directory: {gone}/logs/softmax/0001" in capsys.readouterr().out


def test_paths_are_quoted_for_a_shell(capsys, tmp_path):
    console.result(Path("/a b/softmax/0001"), RECORD, [])
    assert "tensorboard --logdir '/a b'\n" in capsys.readouterr().out


@pytest.mark.parametrize("width", [40, 200])
def test_table_shows_everything_at_any_width(capsys, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    console.table("title", ["name", "value"], [["x" * 60, "1,234"]], "end")
    out = capsys.readouterr().out
    assert out.count("x") == 60 and "1,234" in out and out.endswith("end\n")
