"""The index of runs: each record is read once, and what changes is seen all the same."""

from __future__ import annotations

import shutil

import pytest

from helper.runs import record
from helper.runs.record import Record, Status
from helper.sweeping import found_runs
from helper.sweeping.found_runs import FoundRuns


@pytest.fixture
def make(tmp_path):
    def make(name, seed, status=Status.COMPLETED, **fields):
        path = tmp_path / "toy" / name
        path.mkdir(parents=True, exist_ok=True)
        (path / "lock").touch()
        argv = ["toy.py", f"--seed={seed}", "--logdir=x"]
        record.save(Record("toy", path.name, status, argv=argv, **fields), path)
        return path

    return make


def find(found, seed):
    run = found.find((f"--seed={seed}",))
    return None if run is None else (run.name, str(run.status))


def test_new_changed_and_removed_runs_are_seen(tmp_path, make):
    found = FoundRuns("toy", tmp_path)
    assert find(found, 1) is None
    path = make("0001", 1, Status.INTERRUPTED)
    assert find(found, 1) == ("toy/0001", "interrupted")
    make("0001", 1, Status.COMPLETED)
    assert find(found, 1) == ("toy/0001", "completed")
    make("0002", 2)
    assert find(found, 2) == ("toy/0002", "completed")
    shutil.rmtree(path)
    assert find(found, 1) is None
    make("old/0001", 3)  # moved into a folder by somebody
    assert find(found, 3) == ("toy/old/0001", "completed")


def test_a_run_that_is_being_made(tmp_path, make):
    found = FoundRuns("toy", tmp_path)
    path = make("0001", 1)
    (path / "run.json").rename(tmp_path / "kept")
    assert find(found, 1) is None
    (tmp_path / "kept").rename(path / "run.json")
    assert find(found, 1) == ("toy/0001", "completed")


def test_a_link_is_not_followed(tmp_path, make):
    (tmp_path / "toy").mkdir()
    make("../elsewhere/0001", 1)
    (tmp_path / "toy" / "0001").symlink_to(tmp_path / "elsewhere" / "0001")
    assert find(FoundRuns("toy", tmp_path), 1) is None


def test_each_record_is_read_once_besides_that_of_the_setting(tmp_path, make, monkeypatch):
    for seed in range(20):
        make(f"{seed:04d}", seed)
    read = []
    load = record.load
    monkeypatch.setattr(
        found_runs.listing.below, "__defaults__", (lambda path: read.append(path) or load(path),)
    )
    found = FoundRuns("toy", tmp_path)
    for seed in range(20):
        assert find(found, seed) == (f"toy/{seed:04d}", "completed")
    assert len(read) == 40
