"""Counts by class, and the images behind them."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest

from helper.board import tested_images
from helper.data.datasets import Split
from helper.errors import DataError
from helper.pictures import confusion
from tests.board_client import Board
from tests.made_runs import make_run

LABEL = np.arange(60) % 10
ONE = np.where(np.arange(60) % 4 == 0, 3, LABEL)
TWO = np.where(np.arange(60) % 6 == 0, 5, LABEL)
A, B = "softmax/0001", "softmax/0002"
IMAGES = np.random.RandomState(0).randint(0, 256, (60, 784)).astype(np.uint8)


@pytest.fixture
def board(tmp_path, monkeypatch) -> Board:
    make_run(tmp_path / A, predicted=ONE, label=LABEL)
    make_run(tmp_path / B, predicted=TWO, label=LABEL, seed=1)
    make_run(tmp_path / "none/0001")
    make_run(tmp_path / "huge/0001", predicted=LABEL * 10**12, label=LABEL)
    make_run(tmp_path / "negative/0001", predicted=LABEL - 5, label=LABEL)
    monkeypatch.setattr(tested_images, "find", lambda run: Split(IMAGES, LABEL))
    return Board(tmp_path)


def test_counts(board) -> None:
    alone = board.post("confusion", run=A)
    assert alone["counts"] == confusion.count(LABEL, ONE, 10).tolist() and alone["other"] is None
    both = board.post("confusion", run=A, other=B)
    assert both["other"] == confusion.count(LABEL, TWO, 10).tolist()
    assert both["classes"] == [str(digit) for digit in range(10)] and both["examples"] == 60
    right = [ONE == LABEL, TWO == LABEL]
    assert both["only_a_right"] == np.sum(right[0] & ~right[1])
    assert both["only_b_right"] == np.sum(~right[0] & right[1])
    assert both["both_wrong"] == np.sum(~right[0] & ~right[1])
    assert (both["right"], both["right_other"]) == (np.sum(right[0]), np.sum(right[1]))


def test_every_count_has_its_images(board) -> None:
    both = board.post("confusion", run=A, other=B)
    for true in range(10):
        for predicted in range(10):
            where = {"true": true, "predicted": predicted, "run": A, "other": B, "limit": 0}
            for which, counts in (("a", "counts"), ("b", "other")):
                found = board.post("cell", **where, which=which)
                assert found["total"] == both[counts][true][predicted]
    for which in ("only_a_right", "only_b_right", "both_wrong"):
        assert board.post("cell", run=A, other=B, which=which)["total"] == both[which]
        parts = [
            board.post("cell", run=A, other=B, which=which, true=i)["total"] for i in range(10)
        ]
        assert sum(parts) == both[which]


def test_the_class_said_is_that_of_the_run_that_is_wrong(board) -> None:
    right = [ONE == LABEL, TWO == LABEL]
    wrong = {"only_a_right": (right[0] & ~right[1], TWO), "only_b_right": (right[1], ONE)}
    for which, (among, said) in wrong.items():
        for predicted in (3, 5):
            asked = {"run": A, "other": B, "which": which, "predicted": predicted, "limit": 0}
            expected = np.sum(among & (said != LABEL) & (said == predicted))
            assert board.post("cell", **asked)["total"] == expected


def test_images_a_page_at_a_time(board) -> None:
    whole = board.post("cell", run=A, other=B, which="only_b_right")
    indices = [image["index"] for image in whole["images"]]
    assert indices == np.flatnonzero((ONE != LABEL) & (TWO == LABEL)).tolist()
    for image in whole["images"]:
        index = image["index"]
        said = (image["label"], image["said"], image["said_other"])
        assert said == (LABEL[index], ONE[index], TWO[index])
        assert np.array_equal(pixels(image["png"]), IMAGES[index].reshape(28, 28))
    page = board.post("cell", run=A, other=B, which="only_b_right", offset=2, limit=3)
    assert [image["index"] for image in page["images"]] == indices[2:5]
    assert page["total"] == len(indices)
    assert board.post("cell", run=A, which="a", offset=10**6)["images"] == []


def pixels(url: str) -> np.ndarray:
    image = pytest.importorskip("PIL.Image")
    return np.asarray(image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))))


def test_without_probabilities_or_images(board, monkeypatch) -> None:
    found = board.post("cell", run=A, true=1)
    assert found["images"][0]["probability"] is None
    assert "no probabilities" in found["notes"][0]

    def missing(run):
        raise DataError("the test images of mnist are not in the cache; to get them: …")

    monkeypatch.setattr(tested_images, "find", missing)
    found = board.post("cell", run=A, true=1)
    assert found["images"][0]["png"] is None and "not in the cache" in found["notes"][0]
    assert found["images"][0]["index"] == 1


def test_other_images_than_those_of_the_run(board, monkeypatch) -> None:
    monkeypatch.setattr(tested_images, "find", lambda run: Split(IMAGES[:5], LABEL[:5]))
    assert "60 other images" in board.post("cell", run=A)["notes"][0]


@pytest.mark.parametrize(
    "run, line",
    [
        ("none/0001", "has no test predictions that can be read"),
        ("huge/0001", "has the classes 0 to"),
        ("negative/0001", "has the classes -5 to"),
    ],
)
def test_runs_that_have_no_counts(board, run, line) -> None:
    assert line in board.post("confusion", 400, run=run)["error"]


def test_wrong_requests(board) -> None:
    assert "needs two runs" in board.post("cell", 400, run=A, which="b")["error"]
    assert "which must be" in board.post("cell", 400, run=A, which="x")["error"]
    assert "limit" in board.post("cell", 400, run=A, limit=10**6)["error"]
    assert "true" in board.post("cell", 400, run=A, true=-1)["error"]
