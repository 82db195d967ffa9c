"""What is written as a condition is read as the same settings."""

from __future__ import annotations

import pytest

from helper.comparing.conditions import condition, joined, separating
from helper.comparing.where import parse
from helper.runs import listing
from tests.made_runs import make_run


@pytest.mark.parametrize(
    "value",
    [
        0.1,
        1 / 3,
        1e-30,
        3,
        True,
        False,
        [256, 128],
        "adam",
        "adam w",
        "",
        "a=b",
        "or",
        'say "x"',
        "-1",
    ],
)
def test_a_value_is_found_again(value):
    settings = {"first": value, "second setting": value, "not": value}
    holds, names = parse(condition(settings))
    assert names == set(settings)
    assert holds(settings)
    for name in settings:
        assert not holds({**settings, name: "else"})


def test_missing_values_are_left_out():
    assert condition({"a": None, "b": 1}) == "b=1"


def test_joined():
    assert joined("", "a=1", "") == "a=1"
    assert joined("") == ""
    assert joined("a=1 or b=2", "c=3") == "(a=1 or b=2) and c=3"


def test_separating(tmp_path):
    make_run(tmp_path / "a" / "0001", steps=50)
    make_run(tmp_path / "a" / "0002", steps=60)
    make_run(tmp_path / "a" / "0003", steps=50, dropout=0.5, learning_rate=1)
    runs = listing.find(tmp_path)
    names = ["steps", "dropout", "learning_rate"]
    wanted = ["steps=50 and dropout!=0.5", "steps=60", "steps=50 and dropout=0.5"]
    for run, text in zip(runs, wanted, strict=True):
        assert separating(run, runs, names) == text
        assert [other for other in runs if parse(text)[0](other.fields)] == [run]
