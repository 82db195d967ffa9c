"""Settings in order, and which of them are tied."""

from __future__ import annotations

import re

import numpy as np
import pytest

from helper.comparing import ranking
from helper.comparing.significance import judge
from helper.comparing.verdict import NO_DIFFERENCE
from helper.comparing.verdict_text import explanation, show
from helper.errors import UsageError
from helper.runs import listing
from tests.made_runs import make_run

pytest.importorskip("scipy", reason="verdicts need the extra [compare]")
LABEL = np.arange(1000) % 10


def sides(logdir, mistakes):
    """{setting: its runs}. mistakes: {setting: of each seed}."""
    for place, (name, counts) in enumerate(mistakes.items()):
        for seed, wrong in enumerate(counts):
            predicted = np.where(np.arange(1000) < wrong, (LABEL + 1) % 10, LABEL)
            path = logdir / name / f"{seed:04d}"
            make_run(path, predicted=predicted, label=LABEL, seed=seed, learning_rate=place)
    return {name: listing.find(logdir, [name]) for name in mistakes}


def test_holm_by_hand():
    # Four p-values times 4, 3, 2, 1 in order, each at least as large as the one before.
    found = ranking.holm([0.01, 0.04, 0.03, 0.005])
    assert found == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_as_in_r():
    """p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm") of R, and limits."""
    found = ranking.holm([0.01, 0.02, 0.03, 0.04, 0.05])
    assert found == pytest.approx([0.05, 0.08, 0.09, 0.09, 0.09])
    assert ranking.holm([0.5, 0.9, 0.7]) == [1, 1, 1]
    assert ranking.holm([0.2]) == [0.2] and ranking.holm([]) == []


MISTAKES = {
    "bad": [100, 110, 121, 90, 105],
    "good": [40, 52, 61, 35, 44],
    "as_good": [42, 50, 62, 36, 45],
}


def test_order_and_ties(tmp_path):
    found = ranking.rank(groups := sides(tmp_path, MISTAKES))
    assert [(side.rank, side.name, side.n) for side in found.sides] == [
        (1, "good", 5),
        (2, "as_good", 5),
        (3, "bad", 5),
    ]
    assert found.sides[0].mean == pytest.approx(1 - 0.0464)
    assert found.sides[0].deviation == pytest.approx(np.std(MISTAKES["good"], ddof=1) / 1000)
    assert [(pair.better, pair.other) for pair in found.pairs] == [
        ("good", "as_good"),
        ("good", "bad"),
        ("as_good", "bad"),
    ]
    assert [pair.word for pair in found.pairs] == [NO_DIFFERENCE, "better", "better"]
    assert found.tied_with_best == ["as_good"]
    # Each pair is the verdict on two sides; the p-values are Holm's.
    alone = [judge(groups[p.other], groups[p.better]) for p in found.pairs]
    assert [pair.verdict for pair in found.pairs] == alone
    assert [pair.p_value for pair in found.pairs] == ranking.holm([v.p_value for v in alone])
    assert found.pairs[0].strict == pytest.approx(1 - 0.05 / 3)
    assert explanation(found, 3)[-1] == (
        f"verdict: best: good; tied with it: as_good ({NO_DIFFERENCE})"
    )


def test_the_correction_decides(tmp_path):
    """Networks that differ in six images have p = 0.03, corrected at least 0.09."""
    found = ranking.rank(sides(tmp_path, {f"a{i}": [20 + 6 * i] for i in range(4)}))
    neighbours = [p for p in found.pairs if p.verdict.difference == pytest.approx(0.006)]
    assert len(neighbours) == 3
    assert all(p.verdict.word == "better" and p.word == NO_DIFFERENCE for p in neighbours)
    assert found.tied_with_best == ["a1"]


def test_equal_means_share_a_rank(tmp_path, capsys):
    found = ranking.rank(sides(tmp_path, {"a": [30], "b": [20], "c": [20]}))
    assert [(side.rank, side.name) for side in found.sides] == [(1, "b"), (1, "c"), (3, "a")]
    assert found.sides[0].deviation is None
    assert found.tied_with_best == ["c"]
    show(found)
    shown = capsys.readouterr().out
    assert " 2 (= 1)  c" in shown and "McNemar" in shown


def test_one_that_is_better_than_all(tmp_path):
    found = ranking.rank(sides(tmp_path, {"a": [100], "b": [20], "c": [110]}))
    lines = explanation(found, 3)
    assert "verdict: best: b; all others are worse" in lines
    assert lines[-1].startswith("This compares two trained networks")
    assert sum("two trained networks" in line for line in lines) == 1


@pytest.mark.parametrize("number, rows", [(12, 66), (13, 12)])
def test_many_sides_are_shown_against_the_best(tmp_path, capsys, number, rows):
    mistakes = {f"s{i:02d}": [20 + i, 25 + i * i % 7] for i in range(number)}
    found = ranking.rank(sides(tmp_path, mistakes))
    assert len(found.pairs) == number * (number - 1) // 2
    show(found)
    shown = capsys.readouterr().out
    assert len(re.findall(r"^ \d+ – \d+ ", shown, re.M)) == rows
    assert ("only the 12 pairs with the best" in shown) is (number == 13)
    assert f"corrected for {len(found.pairs)} pairs" in shown


def test_what_a_ranking_refuses(tmp_path):
    groups = sides(tmp_path, {"a": [10, 11], "b": [12]})
    with pytest.raises(UsageError, match="2 to 100 sides, these are 1"):
        ranking.rank({"a": groups["a"]})
    with pytest.raises(UsageError, match="2 against 1"):
        ranking.rank(groups)
    with pytest.raises(UsageError, match="on both sides"):
        ranking.rank({"a": groups["a"], "b": groups["a"]})


def test_hostile_names_are_escaped(tmp_path, capsys):
    groups = sides(tmp_path, {"a": [10], "b": [12], "c": [30]})
    show(ranking.rank({f"\x1b[31m{name}": runs for name, runs in groups.items()}))
    assert "\x1b[31m" not in capsys.readouterr().out
