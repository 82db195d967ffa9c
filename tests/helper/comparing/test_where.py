from __future__ import annotations

import math

import pytest

from helper.comparing import where
from helper.errors import UsageError

RUN = {
    "learning_rate": 0.1,
    "status": "completed",
    "test/accuracy": 0.966,
    "hidden_units": 625,
    "layers": [256, 128],
    "normalize": True,
    "loss": math.nan,
    "name": "0001-learning_rate=0.1",
    "experiment": {"not": "a name"},
}


@pytest.mark.parametrize(
    "text, expected",
    [
        ("learning_rate<0.5 and status=completed", True),
        ("learning_rate < 0.1", False),
        ("learning_rate<=1e-1", True),
        ("hidden_units==625.0", True),
        ("test/accuracy>=0.97 or hidden_units!=100", True),
        ("not status=completed", False),
        ("not (status=failed or status=killed)", True),
        # "and" binds closer than "or".
        ("status=completed or status=failed and learning_rate>1", True),
        ("(status=completed or status=failed) and learning_rate>1", False),
        ("layers=256,128", True),
        ("normalize=True", True),
        ("name~learning_rate", True),
        ('name="0001-learning_rate=0.1"', True),
        ("name='0002'", False),
        ("learning_rate=fast", False),
        ("learning_rate!=fast", True),
        ("loss<1", False),
        ("loss>=1", False),
        ("dropout=0.5", False),
        ("dropout!=0.5", True),
        ("experiment<zero", False),
        ("experiment~name", True),
        ("(" * 100 + "status=completed" + ")" * 100, True),
        ("not " * 99 + "status=completed", False),
    ],
)
def test_condition(text, expected):
    condition, _ = where.parse(text)
    assert condition(RUN) is expected


def test_names_that_are_asked_for():
    assert where.parse("a<1 and not (b=2 or test/loss>3)")[1] == {"a", "b", "test/loss"}


@pytest.mark.parametrize(
    "text",
    ["", "a", "a<", "<1", "a<1 b>2", "a<1 and", "(a<1", "a<1)", "a<<1", "0.1<a<0.5", 'a="x', "a!1"],
)
def test_mistakes_are_one_line(text):
    with pytest.raises(UsageError, match="--where"):
        where.parse(text)


@pytest.mark.parametrize(
    "text", ["(" * 20_000 + "a<1" + ")" * 20_000, "not " * 20_000 + "a<1", "(" * 101 + "a<1"]
)
def test_depth_is_bounded(text):
    with pytest.raises(UsageError, match="more than 100 deep") as caught:
        where.parse(text)
    assert len(str(caught.value)) < 100


def test_a_long_condition_is_read_quickly_and_not_quoted_whole():
    condition, _ = where.parse(" or ".join(["a=1"] * 15_000) + " " * 50_000)
    assert condition({"a": 2}) is False
    for text in ("a=1 or " * 15_000, "!" * 100_000):
        with pytest.raises(UsageError) as caught:
            where.parse(text)
        assert len(str(caught.value)) < 300


def test_nothing_is_evaluated():
    with pytest.raises(UsageError):
        where.parse("__import__('os').system('true')")
