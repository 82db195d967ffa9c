from __future__ import annotations

from helper.comparing import comparison, labels
from helper.runs import listing
from tests.made_runs import make_run, scalar, write_events


def of_runs(logdir):
    return labels.of_runs(listing.find(logdir))


def test_runs_are_called_by_what_differs(tmp_path):
    for number, (rate, seed) in enumerate([(0.1, 1), (0.1, 2), (0.5, 1)], 1):
        make_run(tmp_path / "a" / f"{number:04d}-x=1", learning_rate=rate, seed=seed, units=7)
    found = ["learning_rate=0.1, seed=1", "learning_rate=0.1, seed=2", "learning_rate=0.5, seed=1"]
    assert of_runs(tmp_path) == found
    make_run(tmp_path / "b" / "0001", seed=1, layers=3)
    assert of_runs(tmp_path) == [*(f"a, {label}" for label in found), "b"]


def test_runs_that_settings_do_not_tell_apart(tmp_path):
    make_run(tmp_path / "a" / "0001-first")
    assert of_runs(tmp_path) == ["a/0001-first"]
    make_run(tmp_path / "a" / "0002")
    assert of_runs(tmp_path) == ["0001", "0002"]
    make_run(tmp_path / "a" / "0003", seed=5)
    assert of_runs(tmp_path) == ["0001 seed=0", "0002 seed=0", "seed=5"]


def test_runs_without_a_record_are_called_by_name(tmp_path):
    write_events(tmp_path / "elsewhere" / "x", scalar(0, {"loss": 1.0}))
    make_run(tmp_path / "a" / "0001", seed=5)
    assert of_runs(tmp_path) == ["a", "elsewhere/x"]


def test_groups_of_one_experiment(tmp_path):
    for number, rate in enumerate([0.1, 0.1, 0.5]):
        make_run(tmp_path / "a" / f"{number:04d}", learning_rate=rate, seed=number)
    make_run(tmp_path / "b" / "0001", units=3)
    groups = comparison.group(listing.find(tmp_path), ["-seed"])
    assert labels.of_groups(groups[:2]) == ["learning_rate=0.1", "learning_rate=0.5"]
    assert labels.of_groups(groups[2:]) == [groups[2].name]


def test_short_names():
    assert labels.short_names(["logs/a/0001-seed=2", "logs/a/0002-mine"]) == ["0001", "0002-mine"]
    assert labels.short_names(["a/0001", "b/0001-seed=1,x=2"]) == ["a/0001", "b/0001"]
    assert labels.short_names(["a/0001-seed=2"]) == ["a/0001-seed=2"]


def test_shortened_in_the_middle():
    assert labels.shortened("abcdefgh", 8) == "abcdefgh"
    assert labels.shortened("abcdefghi", 8) == "abcd…ghi"
    long = ["a" * 20 + "1" + "b" * 20, "a" * 20 + "2" + "b" * 20, "short"]
    assert labels.shortened_alike(long, 9, 41) == long
    assert labels.shortened_alike(long, 9) == ["aaaa…bbbb", "aaaa…bbbb", "short"]
