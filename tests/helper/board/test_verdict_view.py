"""Verdicts on the page are those of the command line."""

from __future__ import annotations

import numpy as np
import pytest

from helper.comparing.ranking import rank
from helper.comparing.request import Request
from helper.comparing.sides import resolve
from helper.comparing.significance import judge
from helper.runs import listing
from tests.board_client import Board
from tests.made_runs import make_run

LABEL = np.arange(400) % 10
CHANCES = {0.1: 0.8, 0.2: 0.805, 0.5: 0.9}


@pytest.fixture(scope="module")
def logdir(tmp_path_factory):
    """Three learning rates, four seeds each."""
    logdir = tmp_path_factory.mktemp("logs")
    random = np.random.RandomState(3)
    number = 0
    for rate, chance in CHANCES.items():
        for seed in (1, 2, 3, 4):
            number += 1
            right = random.rand(len(LABEL)) < chance
            predicted = np.where(right, LABEL, (LABEL + 1) % 10)
            path = logdir / f"softmax/{number:04d}"
            make_run(path, right.mean(), None, predicted, LABEL, learning_rate=rate, seed=seed)
    wrong = (LABEL + 1) % 10
    make_run(logdir / "softmax/0090", 0.1, None, wrong, LABEL, learning_rate=0.1, seed=9)
    make_run(logdir / "softmax/0091", 0.1, None, wrong, LABEL, status="diverged", seed=5)
    make_run(logdir / "softmax/0092", 0.1, learning_rate=7)
    make_run(logdir / "other/0001", 0.1, None, wrong, LABEL, sha256="cd" * 32)
    make_run(logdir / "binary/0001", 0.1, None, LABEL % 2, LABEL % 2)
    return logdir


def numbers(first: int, last: int) -> list[str]:
    return [f"softmax/{number:04d}" for number in range(first, last + 1)]


SIDES = {"lr 0.1": numbers(1, 4), "lr 0.2": numbers(5, 8), "lr 0.5": numbers(9, 12)}


def ask(logdir, code=200, confidence=0.95, /, **sides):
    given = [{"label": label, "runs": runs} for label, runs in sides.items()]
    return Board(logdir).post("verdict", code, sides=given, confidence=confidence)


def runs(logdir, names):
    return [listing.one(str(logdir / name), logdir) for name in names]


def check(pair, verdict) -> None:
    assert pair["difference"] == verdict.difference
    assert (pair["low"], pair["high"]) == (verdict.low, verdict.high)
    assert pair["p"] == verdict.p_value
    assert (pair["test"], pair["n"]) == (verdict.test, verdict.n)


@pytest.mark.parametrize("confidence", [0.95, 0.99])
@pytest.mark.parametrize(
    "names", [("lr 0.1", "lr 0.5"), ("lr 0.5", "lr 0.1"), ("lr 0.1", "lr 0.2")]
)
def test_two_groups(logdir, names, confidence) -> None:
    found = ask(logdir, 200, confidence, **{name: SIDES[name] for name in names})
    expected = judge(*(runs(logdir, SIDES[name]) for name in names), confidence)
    (pair,) = found["pairs"]
    assert (pair["first"], pair["second"]) == names
    check(pair, expected)
    assert pair["verdict"] == expected.word and pair["p_corrected"] == expected.p_value
    assert pair["visible"] == expected.design.smallest_difference(confidence)
    assert pair["seeds_needed"] == expected.design.seeds_to_settle(expected.difference, confidence)
    assert pair["tied"] == (names == ("lr 0.1", "lr 0.2"))
    assert found["sentence"] == pair["sentence"]


def test_the_same_as_a_verdict_by_conditions(logdir) -> None:
    named = ["learning_rate=0.1", "learning_rate=0.5"]
    known = listing.find(logdir)
    chosen = resolve(named, known, Request(logdir))
    rates = {r.name: r.flags["learning_rate"] for r in known if r.name.startswith("softmax/")}
    sides = {f"lr {v}": [n for n, rate in rates.items() if rate == v] for v in (0.1, 0.5)}
    found = ask(logdir, **sides)
    check(found["pairs"][0], judge(*chosen.runs))
    assert any("0090" in note and "a seed that not all" in note for note in found["notes"])
    assert any("0091 (diverged)" in note for note in found["notes"])


def test_three_groups_are_ranked_and_corrected(logdir) -> None:
    found = ask(logdir, **SIDES)
    expected = rank({name: runs(logdir, names) for name, names in SIDES.items()})
    assert [side["label"] for side in found["ranking"]] == [s.name for s in expected.sides]
    for side, wanted in zip(found["ranking"], expected.sides, strict=True):
        for field in ("n", "mean", "deviation", "rank"):
            assert side[field] == getattr(wanted, field)
        assert side["runs"] == SIDES[side["label"]]
    for pair, wanted in zip(found["pairs"], expected.pairs, strict=True):
        assert (pair["first"], pair["second"]) == (wanted.other, wanted.better)
        check(pair, wanted.verdict)
        assert pair["p_corrected"] == wanted.p_value and pair["verdict"] == wanted.word
        assert pair["visible"] == wanted.verdict.design.smallest_difference(wanted.strict)
    assert found["sentence"].startswith("best: lr 0.5")


def test_two_runs_are_compared_by_their_answers(logdir) -> None:
    found = ask(logdir, a=["softmax/0001"], b=["softmax/0009"])
    check(found["pairs"][0], judge(*(runs(logdir, [f"softmax/{n}"]) for n in ("0001", "0009"))))
    assert found["pairs"][0]["test"] == "McNemar's exact test"
    assert "with another seed" in found["notes"][0]


def test_one_run_against_several_takes_the_same_seed(logdir) -> None:
    found = ask(logdir, a=["softmax/0002"], b=SIDES["lr 0.5"])
    assert [side["runs"] for side in found["ranking"]] == [["softmax/0010"], ["softmax/0002"]]
    assert "3 runs" in found["notes"][0] or "softmax/0009" in found["notes"][0]


@pytest.mark.parametrize(
    "sides, line",
    [
        ({"a": SIDES["lr 0.1"]}, "2 to 100 sides"),
        ({"a": ["softmax/0091"], "b": ["softmax/0001"]}, "a has no completed run"),
        ({"a": ["softmax/0092"], "b": ["softmax/0001"]}, "no predictions that can be read"),
        ({"a": [], "b": ["softmax/0001"]}, "a has no completed run"),
        ({"a": ["softmax/0001"], "b": ["softmax/0001"]}, "is on both sides"),
        ({"a": SIDES["lr 0.1"] + SIDES["lr 0.2"], "b": SIDES["lr 0.5"]}, "differ in learning_rate"),
        ({"a": ["softmax/0001"], "b": ["other/0001"]}, "different data"),
        ({"a": ["softmax/0001"], "b": ["binary/0001"]}, "different labels"),
    ],
)
def test_what_cannot_be_compared(logdir, sides, line) -> None:
    assert line in ask(logdir, 400, **sides)["error"]


def test_confidence_and_labels_are_checked(logdir) -> None:
    for confidence in (0, 1, 0.2, 2, "x", None, True):
        assert "confidence" in ask(logdir, 400, confidence, **SIDES)["error"]
    side = {"label": "a", "runs": ["softmax/0001"]}
    error = Board(logdir).post("verdict", 400, sides=[side, side])["error"]
    assert error == "two sides are called 'a'"
