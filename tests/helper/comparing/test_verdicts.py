from __future__ import annotations

import sys

import numpy as np
import pytest

from helper.comparing import comparison, ranking, verdicts
from helper.comparing.comparison import Group
from helper.comparing.report_verdicts import shown_verdicts
from helper.errors import UsageError
from helper.runs import listing
from tests.made_runs import make_run

IMAGES = 1_000
LABEL = np.arange(IMAGES) % 10


def made(logdir, rate, wrong, first_seed=0, **options):
    """A run for each number of wrong answers."""
    for seed, count in enumerate(wrong, first_seed):
        predicted = np.where(np.arange(IMAGES) < count, LABEL + 1, LABEL)
        name = logdir / "a" / f"{rate * 1000 + seed:04.0f}"
        accuracy = 1 - count / IMAGES
        make_run(name, accuracy, None, predicted, LABEL, learning_rate=rate, seed=seed, **options)


def groups(logdir):
    return comparison.group(listing.find(logdir), ["-seed"])


def test_the_best_group_against_the_others(tmp_path):
    made(tmp_path, 0.1, [100, 102, 103, 101])
    made(tmp_path, 0.2, [50, 53, 51, 52])
    made(tmp_path, 0.3, [53, 50, 52, 51])
    found = verdicts.verdicts(groups(tmp_path)).against
    assert [(against.best, against.other) for against in found] == [(1, 2), (1, 0)]
    assert [against.verdict.word for against in found] == [
        "no difference that these runs can show",
        "worse",
    ]
    names = ["0.1", "0.2", "0.3"]
    shown = shown_verdicts(groups(tmp_path), names, 0.95)
    assert shown["lead"] == (
        "Highest test accuracy: 0.2. Tied with it (no difference that these runs can show): 0.3."
    )
    assert [row[0] for row in shown["rows"]] == ["0.3", "0.1"]
    assert shown["rows"][1][2] == "-5.00" and "95% interval" in shown["columns"]
    assert any("for all 3 comparisons" in note for note in shown["notes"])
    smallest, seeds = shown["rows"][0][-2:]  # of no difference: what could have been seen
    assert float(smallest) > 0 and seeds == "–" and shown["rows"][1][-2:] == ["", ""]


def test_the_same_as_the_ranking_on_the_command_line(tmp_path):
    made(tmp_path, 0.1, [100, 102, 103, 101])
    made(tmp_path, 0.2, [50, 53, 51, 52])
    made(tmp_path, 0.3, [53, 50, 52, 51])
    found = groups(tmp_path)
    ranked = ranking.rank({str(i): group.runs for i, group in enumerate(found)})
    for against, pair in zip(verdicts.verdicts(found).against, ranked.against_best, strict=True):
        assert (str(against.best), str(against.other)) == (pair.better, pair.other)
        assert against.verdict.p_value == pair.p_value
        assert against.verdict.difference == -pair.verdict.difference
        assert (against.verdict.low, against.verdict.high) == (
            -pair.verdict.high,
            -pair.verdict.low,
        )


def test_only_completed_runs_count(tmp_path):
    made(tmp_path, 0.1, [100, 102])
    made(tmp_path, 0.1, [900], 7, status="diverged")
    made(tmp_path, 0.2, [50, 53])
    made(tmp_path, 0.3, [1], status="interrupted")
    found = verdicts.verdicts(groups(tmp_path)).against
    assert [(a.other, a.reason) for a in found] == [(0, ""), (2, "none of its runs completed")]
    assert found[0].verdict.n.startswith("2 pairs")


def test_two_runs_by_their_answers(tmp_path):
    made(tmp_path, 0.1, [100])
    made(tmp_path, 0.2, [50])
    (found,) = verdicts.verdicts(groups(tmp_path)).against
    assert found.best == 1 and found.verdict.test == "McNemar's exact test"


def test_a_single_run_is_never_the_best_of_several_groups(tmp_path):
    made(tmp_path, 0.1, [100, 102])
    made(tmp_path, 0.2, [1])
    shown = shown_verdicts(groups(tmp_path), ["x", "y"], 0.95)
    assert "needs several completed seeds of each" in shown["lead"] and not shown["rows"]
    made(tmp_path, 0.3, [50, 51])
    found = verdicts.verdicts(groups(tmp_path)).against
    assert [(a.best, a.other, a.reason) for a in found] == [(2, 0, ""), (2, 1, "one completed run")]


@pytest.mark.parametrize(
    ("rates", "message"), [([0.1], "here is one"), ([0.1, 0.2, 0.3], "--group_by=-seed")]
)
def test_nothing_to_compare(tmp_path, rates, message):
    for rate in rates:
        made(tmp_path, rate, [10])
    with pytest.raises(UsageError, match=message):
        verdicts.verdicts(groups(tmp_path))
    shown = shown_verdicts(groups(tmp_path), [""] * len(rates), 0.95)
    assert message in shown["lead"] and shown["lead"].startswith("No verdict: ")


def test_without_scipy_the_section_says_so(tmp_path, monkeypatch):
    made(tmp_path, 0.1, [10])
    made(tmp_path, 0.2, [20])
    monkeypatch.setitem(sys.modules, "scipy", None)
    shown = shown_verdicts(groups(tmp_path), ["x", "y"], 0.95)
    assert shown["lead"].startswith("No verdict: a verdict needs SciPy: pip install ")


def test_of_many_groups_the_best_are_shown(tmp_path, monkeypatch):
    monkeypatch.setattr(verdicts, "MOST", 1)
    for rate, wrong in ((0.1, 30), (0.2, 10), (0.3, 20)):
        made(tmp_path, rate, [wrong, wrong + 1])
    found = verdicts.verdicts(groups(tmp_path))
    (against,) = found.against
    assert (against.best, against.other, found.left_out) == (1, 2, 1)
    notes = shown_verdicts(groups(tmp_path), ["x", "y", "z"], 0.95)["notes"]
    assert "Not shown: 1 more with lower accuracy." in notes


def test_runs_without_predictions(tmp_path):
    make_run(tmp_path / "a" / "0001", None, seed=1)
    make_run(tmp_path / "a" / "0002", None, seed=2)
    runs = [Group(run.name, {}, [run]) for run in listing.find(tmp_path)]
    assert "no test predictions" in shown_verdicts(runs, ["x", "y"], 0.95)["lead"]
