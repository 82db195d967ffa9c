"""The table of runs says what the command line's does."""

from __future__ import annotations

import json
import os
import time

import pytest

from helper.board.runs_view import in_order
from helper.comparing.comparison import differing_settings, select
from helper.runs import listing
from tests.board_client import Board
from tests.made_runs import make_run, scalar, write_events


@pytest.fixture
def logdir(tmp_path):
    for number, rate in enumerate((0.1, 0.1, 0.5), 1):
        path = tmp_path / f"softmax/{number:04d}-x"
        curve = {0: 0.1, 100: 0.9}
        make_run(path, 0.9 + number / 100, curve, learning_rate=rate, seed=number)
    write_events(tmp_path / "elsewhere", *(scalar(i, {"my loss": 1.0 / i}) for i in (1, 2)))
    return tmp_path


def test_what_the_command_line_says(logdir) -> None:
    found = Board(logdir).get("runs")
    runs = listing.find(logdir)
    assert [row["name"] for row in found["runs"]] == [run.name for run in runs]
    for row, run in zip(found["runs"], runs, strict=True):
        assert row["final"] == run.final and row["status"] == str(run.status)
        assert row["settings"] == run.flags
        for name in ("step", "steps", "seconds", "steps_per_second", "started", "experiment"):
            assert row[name] == run.fields.get(name), name
        best = {tag: (b["value"], b["step"]) for tag, b in row["best"].items()}
        assert best == {
            t: (b.value, b.step) for t, b in (run.record.best if run.record else {}).items()
        }
    assert found["settings"] == differing_settings(runs)
    assert found["lower_is_better"]["test/accuracy"] is False
    assert found["logdir"] == str(logdir)


def test_names_for_tensorboard(logdir) -> None:
    rows = {row["name"]: row for row in Board(logdir).get("runs")["runs"]}
    assert rows["softmax/0001-x"]["entries"] == ["softmax/0001-x", "softmax/0001-x/test"]
    assert rows["elsewhere"]["entries"] == ["elsewhere"]
    assert rows["elsewhere"]["tags"] == ["my loss"]
    assert rows["elsewhere"]["final"] == {"my loss": 0.5}
    assert rows["softmax/0001-x"]["tags"][:2] == ["test/accuracy", "test/loss"]


def test_the_log_directory_may_be_a_run(tmp_path) -> None:
    make_run(tmp_path / "softmax/0001", curve={0: 0.1})
    (row,) = Board(tmp_path / "softmax/0001").get("runs")["runs"]
    assert (row["name"], row["entries"]) == (".", [".", "test"])
    found = Board(tmp_path / "softmax/0001").post("curves", runs=["."], tags=["accuracy"])
    assert found["curves"][0]["step"] == [0]


def test_a_run_that_trains_is_read_anew(logdir) -> None:
    board = Board(logdir)
    path = make_run(logdir / "softmax/0009", accuracy=None, curve={0: 0.25}, status="running")

    def final():
        (row,) = (r for r in board.get("runs")["runs"] if r["name"] == "softmax/0009")
        return row["status"], row["final"]

    assert final() == ("killed", {"test/accuracy": 0.25})
    write_events(path / "test", scalar(0, {"accuracy": 0.25}), scalar(5, {"accuracy": 0.5}))
    assert final() == ("killed", {"test/accuracy": 0.5})
    record = json.loads((path / "run.json").read_text())
    (path / "run.json.new").write_text(
        json.dumps({**record, "status": "completed", "final": {"test/accuracy": 0.75}})
    )
    os.replace(path / "run.json.new", path / "run.json")
    assert final() == ("completed", {"test/accuracy": 0.75})


@pytest.mark.parametrize("condition", ["learning_rate=0.1", "seed>1 and status=completed", " ", ""])
def test_conditions(logdir, condition) -> None:
    runs = listing.find(logdir)
    expected = select(runs, condition) if condition.strip() else runs
    found = Board(logdir).get("where", condition=condition)["names"]
    assert found == [run.name for run in expected]


def test_a_wrong_condition_is_one_line(logdir) -> None:
    board = Board(logdir)
    assert "did not expect" in board.get("where", 400, condition="a=")["error"]
    error = board.get("where", 400, condition="learning_rat=1")["error"]
    assert error == "no run has a field 'learning_rat'; did you mean learning_rate?"
    assert "--where" not in board.get("where", 400, condition="(")["error"]


def test_a_record_unfolds(logdir) -> None:
    found = Board(logdir).get("record", run="softmax/0001-x")
    assert found["record"]["flags"]["learning_rate"] == 0.1
    assert "--learning_rate=0.1\n" in found["flags"]
    assert Board(logdir).get("record", run="elsewhere")["record"] is None
    assert Board(logdir).get("record", 404, run="softmax")["error"]
    assert Board(logdir).get("record", 400)["error"] == "run must be text"


def test_a_damaged_run_says_so(logdir) -> None:
    (logdir / "softmax/0002-x/run.json").write_text("{")
    found = Board(logdir).get("runs")
    (row,) = (r for r in found["runs"] if r["name"] == "softmax/0002-x")
    assert row["status"] == "damaged" and "not valid JSON" in row["problems"][0]
    assert row["problems"][0] in found["problems"]


def test_order_of_metrics() -> None:
    tags = ["train/loss", "train/accuracy", "test/loss", "test/f1", "test/accuracy"]
    assert in_order(tags, ["test"]) == [
        "test/accuracy",
        "test/loss",
        "test/f1",
        "train/accuracy",
        "train/loss",
    ]


@pytest.mark.slow
def test_a_thousand_runs(tmp_path) -> None:
    for number in range(1, 1_001):
        make_run(tmp_path / f"softmax/{number:04d}", seed=number % 10, units=number // 10)
    board = Board(tmp_path)
    assert len(board.get("runs")["runs"]) == 1_000
    start = time.perf_counter()
    board.get("runs")
    assert time.perf_counter() - start < 3
