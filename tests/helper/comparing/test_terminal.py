from __future__ import annotations

import re

import pytest

from helper.comparing import comparison, terminal
from helper.runs import flag_roles, listing
from tests.made_runs import make_run


@pytest.fixture
def logs(tmp_path):
    """Two experiments, each with settings of its own."""
    for number in (1, 2, 3):
        make_run(
            tmp_path / "softmax" / f"{number:04d}-seed={number}", 0.9 + number / 100, seed=number
        )
        name = f"{number:04d}-s0,digit={number}"
        make_run(tmp_path / "logistic" / name, 0.8, digit=number, note="")
    return tmp_path


def show(capsys, runs, metrics=("test/accuracy",), limit=80):
    terminal.show_runs(runs, metrics, None, limit)
    return capsys.readouterr().out


def test_a_table_for_each_experiment_with_columns_of_its_own(logs, capsys):
    shown = show(capsys, listing.find(logs))
    assert [line.strip() for line in shown.splitlines() if line[:1].isalpha()] == [
        "logistic",
        "softmax",
    ]
    first, second = shown.split("softmax")
    assert re.search(r"\n 0001-s0 +1 +0\.8000", first) and "seed" not in first
    assert re.search(r"\n 0001 +1 +0\.9100", second) and "digit" not in second
    assert "same for all:" in first and re.search(r"status\s+completed", second)
    assert all(len(line) <= 80 for line in shown.splitlines())


def test_experiments_are_in_the_order_of_their_first_runs(logs, capsys):
    runs = sorted(listing.find(logs), key=lambda run: -run.final["test/accuracy"])
    shown = show(capsys, runs)
    assert shown.index("softmax") < shown.index("logistic")
    assert shown.index("0003") < shown.index("0001")


def test_a_metric_that_one_experiment_lacks(logs, capsys):
    runs = listing.find(logs)
    for run in runs[:3]:
        run.record.final["test/F1"] = 0.5
    first, second = show(capsys, runs, ["test/F1"]).split("softmax")
    assert "0.5000" in first and "empty for all: test/F1" in second


def test_a_run_without_a_record_is_among_its_siblings(logs, capsys):
    (logs / "softmax" / "0009").mkdir()
    (logs / "softmax" / "0009" / "lock").touch()
    _, second = show(capsys, listing.find(logs)).split("softmax")
    assert re.search(r"\n 0009 .*damaged", second)


def test_a_run_in_the_directory_of_another_experiment(logs, capsys):
    runs = listing.find(logs)
    runs[-1].record.experiment = "mlp"
    shown = show(capsys, runs)
    assert "\nmlp " in shown and "\n softmax/0003 " in shown


def test_notes_are_the_last_column_where_a_run_has_one(logs, capsys, monkeypatch):
    monkeypatch.setitem(flag_roles.SHARED, "note", flag_roles.role("run_name"))
    runs = listing.find(logs)
    assert "note" not in comparison.run_table(runs, ["test/accuracy"]).columns
    runs = listing.find(logs)
    runs[1].record.flags["note"] = "a longer learning rate schedule, as the article has it"
    table = comparison.run_table(runs, ["test/accuracy"])
    assert table.columns[-1] == "note"
    assert [row["note"] for row in table.rows][1] == runs[1].flags["note"]
    first, second = show(capsys, runs).split("softmax")
    assert re.search(r"\n 0002-s0 .* a longer[^\n]*…", first) and "note" not in second
    assert runs[1].flags["note"] in show(capsys, runs, limit=None)


def test_groups_by_experiment(logs, capsys):
    groups = comparison.group(listing.find(logs), ["-seed"])
    terminal.show_groups(groups, ["test/accuracy"], None, 80)
    first, second = capsys.readouterr().out.split("softmax")
    assert first.startswith("logistic") and "experiment" not in first + second
    assert "digit" in first and "digit" not in second
    assert "status 1 completed" in first and "3 completed" in second


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("0001-learning_rate=0.1,seed=1", "0001"),
        ("0001-layers=256,128,seed=1", "0001"),
        ("0001-s0_relu_adam,seed=1", "0001-s0_relu_adam"),
        ("0001-mine", "0001-mine"),
        ("0001", "0001"),
        ("a/0001-seed=1", "a/0001"),
        ("seed=1", "seed=1"),
        ("run-2024-seed=1", "run-2024-seed=1"),
    ],
)
def test_names_do_not_repeat_settings(name, short):
    assert terminal._short(name) == short


def test_no_runs(capsys):
    terminal.show_runs([], ["test/accuracy"])
    assert capsys.readouterr().out == "no runs\n"
