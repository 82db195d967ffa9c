"""Bad runs in TensorBoard's tab: each address still answers in JSON, and shows the good ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.board_client import Board
from tests.hostile import bad_runs, place

GOOD = "softmax/0002-seed=1"
OTHER = "mlp/0001"


@pytest.fixture
def crowded(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log directory with every bad run there is, and two good ones."""
    bad_runs.make_all(folder, tmp_path_factory)
    return folder


@pytest.mark.slow
def test_every_address_answers(crowded: Path) -> None:
    before = place.snapshot(crowded.parent)
    board = Board(crowded / "logs")
    for _ in range(2):
        listed = board.get("runs")
        names = [run["name"] for run in listed["runs"]]
        assert {GOOD, OTHER} < set(names) and len(names) > 70
        assert all("\n" not in line and "\x1b" not in line for line in listed["problems"])
    assert GOOD in board.get("where", condition="seed=1")["names"]
    asked = (
        ("curves", lambda name: {"runs": [name, GOOD], "tags": ["accuracy"]}),
        ("verdict", lambda name: {"sides": _sides([name], [GOOD])}),
        ("confusion", lambda name: {"run": GOOD, "other": name}),
        ("cell", lambda name: {"run": name}),
        ("answers", lambda name: {"runs": [name], "pixels": "/" * 1044 + "/w=="}),
        ("difference", lambda name: {"first": GOOD, "second": name}),
    )
    for name in names:
        if name.isprintable():  # an address holds no bytes that are not UTF-8
            board.get("record", run=name)
        for address, body in asked:
            response = board.open(address, method="POST", json=body(name))
            assert response.status_code in (200, 400), (name, address, response.text)
    everyone = [name for name in names if name != GOOD]
    found = board.post("curves", runs=[*everyone, GOOD], tags=["accuracy"], group=False)
    assert {GOOD, OTHER} <= {curve["group"] for curve in found["curves"]}
    found = board.post("verdict", sides=_sides([OTHER], [GOOD]))
    assert found["pairs"][0]["test"] == "McNemar's exact test"
    assert place.changed(before, place.snapshot(crowded.parent)) == []


def _sides(*sides: list[str]) -> list[dict]:
    return [{"label": str(place), "runs": runs} for place, runs in enumerate(sides)]
