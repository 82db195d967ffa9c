"""Requests are checked, whoever sends them, and answers are JSON that browsers read."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from werkzeug.test import Client

from helper.board import plugin, requests
from tests.board_client import Board
from tests.made_runs import make_run

POSTS = sorted(set(plugin.NAMES) - {"runs", "where", "record"})
JSON = {"content_type": "application/json"}


@pytest.fixture(scope="module")
def board(tmp_path_factory) -> Board:
    logdir = tmp_path_factory.mktemp("logs")
    answers = np.arange(20) % 10
    make_run(logdir / "softmax/0001", predicted=answers, label=answers, curve={0: 0.1})
    return Board(logdir)


@pytest.mark.parametrize("name", POSTS)
def test_malformed_bodies(board, name) -> None:
    assert board.open(name, method="POST", **JSON).status_code == 411
    for body in (b"{", b"[]", b"null", b"1e999", b"\xff", b'"x"', b"[" * 100_000):
        response = board.open(name, method="POST", data=body, **JSON)
        assert response.status_code == 400, body[:20]
        assert list(response.json) == ["error"] and "\n" not in response.json["error"]


@pytest.mark.parametrize("name", POSTS)
def test_only_json_is_taken(board, name) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        response = board.open(name, method="POST", data=b"{}", content_type=kind)
        assert response.status_code == 415, kind


@pytest.mark.parametrize("name", POSTS)
def test_large_bodies_are_not_read(board, name) -> None:
    body = json.dumps({"runs": ["x" * requests.MOST_BYTES]})
    assert board.open(name, method="POST", data=body, **JSON).status_code == 413


@pytest.mark.parametrize("name", plugin.NAMES)
def test_methods_and_origins(board, name) -> None:
    wrong = "GET" if name in POSTS else "POST"
    assert board.open(name, method=wrong).status_code == 405
    for method in ("PUT", "DELETE", "OPTIONS"):
        assert board.open(name, method=method).status_code == 405
    right = "POST" if name in POSTS else "GET"
    refused = board.open(name, method=right, headers={"Sec-Fetch-Site": "cross-site"}, json={})
    assert refused.status_code == 403


WRONG = [None, 5, [], {}, True, "", "x" * 100_000, ["softmax/0001"], [[]], 1e308, -1]
FIELDS = ["run", "other", "runs", "tags", "sides", "first", "second", "index", "pixels", "which"]
FIELDS += ["true", "predicted", "offset", "limit", "confidence", "group", "layers", "centre"]


@pytest.mark.parametrize("name", POSTS)
def test_wrong_types_are_one_line(board, name) -> None:
    one = "softmax/0001"
    good = {
        "runs": [one],
        "tags": ["accuracy"],
        "run": one,
        "sides": [{"label": "a", "runs": [one]}, {"label": "b", "runs": [one]}],
        "first": one,
        "second": one,
    }
    for field, value in itertools.product(FIELDS, WRONG):
        response = board.open(name, method="POST", json={**good, field: value})
        assert response.status_code in (200, 400, 404), (field, value, response.text[:500])
        if response.status_code != 200:
            assert len(response.json["error"]) < 1_000 and "\n" not in response.json["error"]


PATHS = [
    "../softmax/0001",
    "softmax/../softmax/0001",
    "softmax/*",
    "softmax/1",
    "latest",
    "softmax",
    ".",
    "/",
    "/etc",
    "~",
    "softmax/0001/",
    "softmax//0001",
    "softmax/0001\0",
    "\ud800",
    "softmax/0001/test",
]


@pytest.mark.parametrize("path", PATHS)
def test_names_are_never_paths(board, path) -> None:
    assert "there is no run" in board.post("confusion", 404, run=path)["error"]
    assert "there is no run" in board.post("curves", 404, runs=[path], tags=["x"])["error"]
    assert "there is no run" in board.post("answers", 404, runs=[path], index=0)["error"]


def test_an_error_of_ours_is_one_line(board, monkeypatch, caplog) -> None:
    def broken(_):
        raise RuntimeError("two\nlines")

    application = requests.get(broken)
    response = Client(application).get("/x")
    assert response.status_code == 500 and response.json["error"].count("\n") == 0
    assert "Traceback" in caplog.text


def test_numbers_that_json_lacks() -> None:
    values = {
        "a": np.float32(0.5),
        "b": [np.int64(3), np.nan, -np.inf],
        "c": np.array([1.0, np.inf]),
        "d": np.bool_(True),
    }
    found = json.loads(requests.as_json(values))
    assert found == {
        "a": 0.5,
        "b": [3, "NaN", "-Infinity"],
        "c": [1.0, "Infinity"],
        "d": True,
    }
    assert requests.as_json({"a": np.int64(1), "b": None}) == '{"a": 1, "b": null}'
