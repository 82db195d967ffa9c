from __future__ import annotations

import math

import numpy as np
import pytest

from helper.comparing import comparison
from helper.errors import UsageError
from helper.runs import listing
from helper.runs.events import Scalars
from tests.made_runs import make_run


@pytest.fixture
def grid(tmp_path):
    """Two learning rates with two seeds each, one more seed that diverged."""
    for number, (rate, seed, accuracy) in enumerate(
        [(0.1, 1, 0.90), (0.1, 2, 0.92), (0.5, 1, 0.95), (0.5, 2, 0.97)], 1
    ):
        make_run(
            tmp_path / "softmax" / f"{number:04d}",
            accuracy,
            {0: 0.1, 10: 0.5, 20: accuracy},
            learning_rate=rate,
            seed=seed,
            logdir=f"somewhere/{number}",
        )
    make_run(tmp_path / "softmax" / "0005", math.nan, status="diverged", learning_rate=0.5, seed=3)
    return listing.find(tmp_path)


def test_only_the_settings_that_differ_are_columns(grid):
    table = comparison.run_table(grid, ["test/accuracy"])
    assert table.columns == [
        "name", "learning_rate", "seed", "test/accuracy", "best/test/accuracy",
        "best_step/test/accuracy", "step", "seconds", "steps_per_second", "status",
    ]  # fmt: skip
    assert table.rows[0]["best_step/test/accuracy"] == 90
    assert [row["status"] for row in table.rows] == ["completed"] * 4 + ["diverged"]


def test_a_setting_that_a_run_lacks_differs(tmp_path):
    make_run(tmp_path / "softmax" / "0001")
    make_run(tmp_path / "hidden_layer" / "0001", hidden_units=100)
    assert comparison.differing_settings(listing.find(tmp_path)) == ["experiment", "hidden_units"]


def test_1_and_1_0_and_true_as_settings(tmp_path):
    make_run(tmp_path / "a" / "0001", learning_rate=1, normalize=True)
    make_run(tmp_path / "a" / "0002", learning_rate=1.0, normalize=1)
    assert comparison.differing_settings(listing.find(tmp_path)) == ["normalize"]


def test_time_to_a_target(grid):
    table = comparison.run_table(grid, ["test/accuracy"], target=0.95)
    times = [row["seconds to 0.95"] for row in table.rows]
    assert times[0] is None and times[1] is None
    assert times[2:4] == [20, 20]  # also where it is just reached: logged as float32(0.95)


def test_time_to_a_target_follows_the_declared_direction(grid):
    run = grid[0]
    run.record.lower_is_better = {"accuracy": True}
    assert comparison.seconds_to(0.5, "test/accuracy", run) == 0
    run.record.lower_is_better = {"accuracy": False}
    assert comparison.seconds_to(0.5, "test/accuracy", run) == 10
    run.record.lower_is_better = {"accuracy": None}
    assert comparison.seconds_to(0.5, "test/accuracy", run) is None


def test_time_is_counted_in_seconds_not_steps(grid, monkeypatch):
    step = np.array([0, 100, 200])
    curve = Scalars(step, 1e9 + step / 8, step / 8, np.array([0.1, 0.5, 0.9]))
    monkeypatch.setattr(grid[0], "curve", lambda tag: curve)
    assert comparison.seconds_to(0.5, "test/accuracy", grid[0]) == 12.5
    assert comparison.seconds_to(0.95, "test/accuracy", grid[0]) is None
    monkeypatch.setattr(grid[0], "curve", lambda tag: None)
    assert comparison.seconds_to(0.5, "test/accuracy", grid[0]) is None


def test_directions_are_those_of_the_records(grid):
    assert comparison.direction("test/loss", grid) is True
    assert comparison.direction("best/test/accuracy", grid) is False
    for tag in ("seconds", "test/luck", "best_step/test/loss", "best_step/test/accuracy"):
        assert comparison.direction(tag, grid) is None


def test_mean_and_deviation():
    assert comparison.mean_and_deviation([1, 2, None, 6.0]) == (3, pytest.approx(math.sqrt(7)))
    assert comparison.mean_and_deviation([5]) == (5, None)
    assert comparison.mean_and_deviation(["text", None]) == (None, None)
    assert str(comparison.mean_and_deviation([1.0, math.inf])) == "(nan, nan)"


@pytest.mark.parametrize(
    ("value", "column", "shown"),
    [
        (None, "test/loss", "–"),
        (0.98765432, "test/accuracy", "0.9877"),
        (0.000123456, "test/loss", "0.0001235"),
        (0.0123456, "± test/loss", "0.012"),
        (1234.5678, "seconds", "1235"),
        (12, "step", "12"),
        ([784, 10], "layers", "784,10"),
        (math.nan, "test/loss", "nan"),
    ],
)
def test_text(value, column, shown):
    assert comparison.text(value, column) == shown


@pytest.mark.parametrize("names", [["-seed"], ["learning_rate"]])
def test_groups_of_seeds(grid, names):
    groups = comparison.group(grid, names)
    assert [group.name for group in groups] == ["learning_rate=0.1", "learning_rate=0.5"]
    table = comparison.group_table(groups, ["test/accuracy"], target=0.9)
    low, high = table.rows
    assert low["n"] == 2
    assert low["test/accuracy"] == pytest.approx(0.91)
    assert low["± test/accuracy"] == pytest.approx(math.sqrt(2e-4))
    assert high["status"] == "2 completed, 1 diverged"
    assert high["test/accuracy"] == pytest.approx(0.96)
    assert low["seconds to 0.9"] == 20
    assert (
        comparison.group_table(groups, ["test/accuracy"], 0.92).rows[0]["seconds to 0.92"] is None
    )
    assert high["seconds to 0.9"] == 20


def test_other_data_is_another_group(tmp_path):
    make_run(tmp_path / "a" / "0001", seed=1)
    make_run(tmp_path / "a" / "0002", seed=2, sha256="cd" * 32)
    groups = comparison.group(listing.find(tmp_path), ["-seed"])
    assert [group.name for group in groups] == ["data=mnist abababab", "data=mnist cdcdcdcd"]


def test_another_experiment_is_another_group(tmp_path):
    for name in ("mlp/0001", "softmax/0001", "softmax/0002"):
        make_run(tmp_path / name)
    groups = comparison.group(listing.find(tmp_path), ["-seed"])
    assert [group.name for group in groups] == ["experiment=mlp", "experiment=softmax"]
    assert [len(group.runs) for group in groups] == [1, 2]


def test_times_of_completed_runs_only(grid):
    for run, seconds in zip(grid[2:], (10.0, 30.0, 1e6), strict=True):
        run.record.seconds = seconds  # of a learning rate of 0.5; the last one diverged
    low, high = comparison.group_table(comparison.group(grid, ["-seed"]), ["test/accuracy"]).rows
    assert (low["seconds"], high["seconds"]) == (50, 20)


def test_a_mistaken_group(grid):
    with pytest.raises(UsageError, match="did you mean learning_rate"):
        comparison.group(grid, ["learning_rat"])
    with pytest.raises(UsageError, match="or none"):
        comparison.group(grid, ["learning_rate", "-seed"])


def test_select(grid):
    chosen = comparison.select(grid, "learning_rate<0.5 and status=completed")
    assert [run.name for run in chosen] == ["softmax/0001", "softmax/0002"]
    with pytest.raises(UsageError, match="did you mean status"):
        comparison.select(grid, "statu=completed")


@pytest.mark.parametrize(
    ("key", "lower_is_better", "expected"),
    [
        ("test/accuracy", False, [0.9, 0.5, None, math.nan]),
        ("-test/accuracy", False, [0.5, 0.9, None, math.nan]),
        ("test/error", True, [0.5, 0.9, None, math.nan]),
        ("seconds", None, [0.5, 0.9, None, math.nan]),
        ("-seconds", None, [0.9, 0.5, None, math.nan]),
    ],
)
def test_best_first_and_nothing_last(key, lower_is_better, expected):
    rows = [0.5, None, math.nan, 0.9]
    found = comparison.ordered(rows, key, lambda value: value, lower_is_better)
    assert str(found) == str(expected)


def test_numbers_stand_before_text():
    assert comparison.ordered(["b", 2, "a", 1.5], "x", lambda value: value) == [1.5, 2, "a", "b"]


def test_no_runs():
    assert comparison.run_table([], ["test/accuracy"]).rows == []
    assert comparison.group([], ["-seed"]) == []
