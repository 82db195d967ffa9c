from __future__ import annotations

import sys

import numpy as np
import pytest

from helper.comparing import comparison, significance, verdicts
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
    found = verdicts.verdicts(groups(tmp_path))
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
    assert any("for 2 comparisons" in note for note in shown["notes"])
    assert any("choosing the best by the same results" in note for note in shown["notes"])


def test_holm_by_hand():
    """0.01 · 4, 0.02 · 3, then 0.02 (0.022 · 2 would be less than the one before), 0.9."""

    def against(p_value):
        return verdicts.Against(
            0, 1, significance.Verdict(0.1, 0.0, 0.2, 0.95, p_value, "test", "n")
        )

    found = verdicts._corrected([against(p) for p in (0.022, 0.9, 0.01, 0.02)])
    p_values = [each.verdict.p_value for each in found]
    assert p_values == pytest.approx([0.06, 0.9, 0.04, 0.06])
    equal = verdicts._corrected([against(0.02), against(0.02)])
    assert [each.verdict.p_value for each in equal] == pytest.approx([0.04, 0.04])


def test_only_completed_runs_count(tmp_path):
    made(tmp_path, 0.1, [100, 102])
    made(tmp_path, 0.1, [900], 7, status="diverged")
    made(tmp_path, 0.2, [50, 53])
    made(tmp_path, 0.3, [1], status="interrupted")
    found = verdicts.verdicts(groups(tmp_path))
    assert [(a.other, a.reason) for a in found] == [(0, ""), (2, "none of its runs completed")]
    assert found[0].verdict.n.startswith("2 pairs")


def test_two_runs_by_their_answers(tmp_path):
    made(tmp_path, 0.1, [100])
    made(tmp_path, 0.2, [50])
    (found,) = verdicts.verdicts(groups(tmp_path))
    assert found.best == 1 and found.verdict.test == "McNemar's exact test"


def test_a_single_run_is_never_the_best_of_several_groups(tmp_path):
    made(tmp_path, 0.1, [100, 102])
    made(tmp_path, 0.2, [1])
    (found,) = verdicts.verdicts(groups(tmp_path))
    assert found.best == 0 and found.verdict is None and "cannot judge 2 against 1" in found.reason
    shown = shown_verdicts(groups(tmp_path), ["x", "y"], 0.95)
    assert shown["lead"].startswith("No verdict: cannot judge") and not shown["rows"]


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


def test_of_many_groups_the_best_are_compared(tmp_path, monkeypatch):
    monkeypatch.setattr(verdicts, "MOST", 1)
    for rate, wrong in ((0.1, 30), (0.2, 10), (0.3, 20)):
        made(tmp_path, rate, [wrong, wrong + 1])
    (found,) = verdicts.verdicts(groups(tmp_path))
    assert (found.best, found.other) == (1, 2)


def test_runs_without_accuracy(tmp_path):
    make_run(tmp_path / "a" / "0001", None, seed=1)
    make_run(tmp_path / "a" / "0002", None, seed=2)
    runs = [Group(run.name, {}, [run]) for run in listing.find(tmp_path)]
    (found,) = verdicts.verdicts(runs)
    assert "no test predictions" in found.reason
