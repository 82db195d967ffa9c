"""Curves of runs and groups, as the command line's plots have them."""

from __future__ import annotations

import numpy as np
import pytest

from helper.board import curves_view
from helper.comparing.curves import mean_curve
from helper.runs import listing
from tests.board_client import Board
from tests.made_runs import make_run, scalar, write_events

NAMES = ["softmax/0001", "softmax/0002", "softmax/0003"]


@pytest.fixture
def logdir(tmp_path):
    for number, rate in enumerate((0.1, 0.1, 0.5), 1):
        curve = {step: number * step / 1000 for step in (0, 10, 20 + number, 100)}
        make_run(tmp_path / NAMES[number - 1], 0.9, curve, learning_rate=rate, seed=number)
    return tmp_path


def test_groups_have_means(logdir) -> None:
    found = Board(logdir).post("curves", runs=NAMES, tags=["accuracy"])["curves"]
    assert [(c["tag"], c["n"]) for c in found] == [("test/accuracy", 2), ("test/accuracy", 1)]
    curves = [run.curves()["test/accuracy"] for run in listing.find(logdir)]
    expected = mean_curve(curves[:2])
    assert found[0]["step"] == expected.step.tolist() == [0, 10, 100]
    for name in ("mean", "deviation", "seconds"):
        assert found[0][name] == getattr(expected, name).tolist()
    assert [run["name"] for run in found[0]["runs"]] == NAMES[:2]
    assert found[0]["runs"][1]["value"] == curves[1].value.tolist()
    rows = {row["name"]: row["key"] for row in Board(logdir).get("runs")["runs"]}
    assert [c["group"] for c in found] == [rows[NAMES[0]], rows[NAMES[2]]]


def test_single_runs(logdir) -> None:
    found = Board(logdir).post("curves", runs=NAMES, tags=["test/accuracy"], group=False)
    assert [(c["group"], c["n"]) for c in found["curves"]] == [(name, 1) for name in NAMES]
    assert Board(logdir).post("curves", runs=NAMES, tags=["train/accuracy"])["curves"] == []
    assert Board(logdir).post("curves", runs=[], tags=["accuracy"])["curves"] == []


def test_epochs(tmp_path) -> None:
    make_run(tmp_path / "softmax/0001", 0.9, {0: 0.1, 1200: 0.5}, batch_size=100)
    (curve,) = Board(tmp_path).post("curves", runs=["softmax/0001"], tags=["accuracy"])["curves"]
    assert curve["epoch"] == [0, 2] and curve["runs"][0]["epoch"] == [0, 2]


def test_no_epochs_where_the_record_does_not_say(logdir) -> None:
    found = Board(logdir).post("curves", runs=NAMES, tags=["accuracy"])["curves"]
    assert all(curve["epoch"] is None for curve in found)


def test_foreign_runs(tmp_path) -> None:
    write_events(tmp_path / "x", *(scalar(i, {"a/b": 1.0 / i}) for i in (1, 2)))
    (curve,) = Board(tmp_path).post("curves", runs=["x"], tags=["a/b"])["curves"]
    assert curve["mean"] == [1, 0.5] and curve["group"] == "run:x"


def test_values_that_are_not_finite(tmp_path) -> None:
    make_run(tmp_path / "softmax/0001", 0.9, {0: float("nan"), 1: float("inf"), 2: 0.5})
    (curve,) = Board(tmp_path).post("curves", runs=["softmax/0001"], tags=["accuracy"])["curves"]
    assert curve["mean"] == ["NaN", "Infinity", 0.5]


def test_long_curves_are_thinned_with_their_ends(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(curves_view, "_MOST_POINTS", 50)
    make_run(tmp_path / "softmax/0001", 0.9, {step: step / 200 for step in range(200)})
    (curve,) = Board(tmp_path).post("curves", runs=["softmax/0001"], tags=["accuracy"])["curves"]
    assert len(curve["step"]) == 50 and curve["step"][0] == 0 and curve["step"][-1] == 199
    np.testing.assert_allclose(curve["mean"], np.array(curve["step"]) / 200, rtol=1e-6)
