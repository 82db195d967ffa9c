"""Differences as the command line has them."""

from __future__ import annotations

import pytest

from helper.comparing.difference import difference
from helper.runs import listing
from tests.board_client import Board
from tests.made_runs import graph, make_run, write_events


@pytest.fixture
def logdir(tmp_path):
    make_run(tmp_path / "softmax/0001", 0.9)
    other = make_run(tmp_path / "mlp/0001", 0.8, learning_rate=0.5, layers=[1, 2])
    write_events(other / "train", graph(input="Placeholder", hidden="Relu"))
    (make_run(tmp_path / "mlp/0002") / "run.json").write_text("{")
    return tmp_path


def test_everything_that_differs(logdir) -> None:
    found = Board(logdir).post("difference", first="softmax/0001", second="mlp/0001")
    names = ("softmax/0001", "mlp/0001")
    expected = difference(*(listing.one(str(logdir / name), logdir) for name in names))
    assert found["graph"] == expected.graph and found["graph"]
    assert found["notes"] == expected.notes
    sections = {t: {n: list(pair) for n, pair in s.items()} for t, s in expected.sections.items()}
    assert found["sections"] == sections and sections["flags"]["layers"] == [None, [1, 2]]
    metric = found["metrics"]["test/accuracy"]
    wanted = expected.metrics["test/accuracy"]
    assert metric == {
        "first": wanted.first,
        "second": wanted.second,
        "change": wanted.change,
        "word": "worse",
    }


def test_runs_without_a_record_and_the_same_run(logdir) -> None:
    board = Board(logdir)
    found = board.post("difference", first="softmax/0001", second="mlp/0002")
    assert any("damaged" in note for note in found["notes"])
    error = board.post("difference", 400, first="mlp/0001", second="mlp/0001")["error"]
    assert error == "choose two different runs"
