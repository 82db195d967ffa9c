from __future__ import annotations

import fcntl
import json
import math

import numpy as np
import pytest

from helper.errors import UsageError
from helper.runs import listing
from tests.made_runs import make_run, scalar, write_events


def states(logdir, *patterns):
    return {run.name: run.status for run in listing.find(logdir, patterns)}


def test_every_run_is_shown_for_what_it_is(tmp_path):
    make_run(tmp_path / "softmax" / "0001")
    make_run(tmp_path / "softmax" / "0002", accuracy=None, status="running")
    make_run(tmp_path / "softmax" / "0003", accuracy=None, status="running")
    damaged = make_run(tmp_path / "softmax" / "0004") / "run.json"
    damaged.write_text(damaged.read_text()[:100])
    write_events(tmp_path / "theirs" / "train", scalar(0, {"loss": 1.0}))
    (tmp_path / "empty").mkdir()
    with open(tmp_path / "softmax" / "0002" / "lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert states(tmp_path) == {
            "softmax/0001": "completed",
            "softmax/0002": "running",
            "softmax/0003": "killed",
            "softmax/0004": "damaged",
            "theirs/train": "foreign",
        }


@pytest.mark.parametrize(
    "record",
    [
        {"flags": 3, "data": [], "final": "high", "best": {"test/accuracy": 0.9}},
        {"flags": None, "versions": [1], "best": [], "status": None, "step": "many"},
    ],
)
def test_a_record_of_the_wrong_shape_is_no_traceback(tmp_path, record):
    path = make_run(tmp_path / "softmax" / "0001")
    (path / "run.json").write_text(json.dumps({"format": 1, **record}))
    (run,) = listing.find(tmp_path)
    assert run.fields["name"] == "softmax/0001"
    assert run.flags == {}


def test_patterns_name_directories_above_runs_globs_and_runs(tmp_path, monkeypatch):
    for name in ("softmax/0001", "softmax/0002", "mlp/0001"):
        make_run(tmp_path / "logs" / name)
    logs = tmp_path / "logs"
    assert list(states(logs, "softmax")) == ["softmax/0001", "softmax/0002"]
    assert list(states(logs, "*/0001")) == ["mlp/0001", "softmax/0001"]
    assert list(states(logs, str(logs / "mlp"), "mlp/0001")) == ["mlp/0001"]
    monkeypatch.chdir(logs / "softmax")
    assert list(states(logs, "0002")) == ["softmax/0002"]
    with pytest.raises(UsageError, match="0003 matches no run"):
        listing.find(logs, ["0003"])
    with pytest.raises(UsageError, match="no log directory"):
        listing.find(tmp_path / "nowhere")


def test_links_are_not_followed(tmp_path):
    make_run(tmp_path / "elsewhere" / "0001")
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "softmax").symlink_to(tmp_path / "elsewhere")
    assert listing.find(tmp_path / "logs") == []


def test_a_run_that_has_not_ended_shows_what_it_logged_last(tmp_path):
    make_run(
        tmp_path / "softmax" / "0001", accuracy=None, curve={0: 0.1, 10: 0.25}, status="running"
    )
    (run,) = listing.find(tmp_path)
    assert run.final == {"test/accuracy": 0.25}
    assert run.fields["test/accuracy"] == 0.25


def test_a_foreign_run_shows_its_tags_and_last_step(tmp_path):
    write_events(tmp_path / "theirs", scalar(3, {"cost": 1.5}), scalar(8, {"cost": math.nan}))
    (run,) = listing.find(tmp_path)
    assert run.fields["step"] == 8
    assert run.curve("cost").value.tolist()[0] == 1.5
    assert math.isnan(run.fields["cost"])


def test_damage_in_event_files_is_reported(tmp_path):
    path = make_run(tmp_path / "softmax" / "0001", curve={0: 0.5, 1: 0.75})
    (events,) = (path / "test").iterdir()
    events.write_bytes(events.read_bytes().replace(b"accuracy", b"accurazy", 1))
    (run,) = listing.find(tmp_path)
    assert run.curve("test/accuracy").value.tolist() == [0.75]
    assert len(run.problems) == 1


def test_predictions(tmp_path):
    answers = np.array([1, 2, 3])
    make_run(tmp_path / "a" / "0001", predicted=answers, label=np.array([1, 2, 4]))
    make_run(tmp_path / "a" / "0002")
    broken = make_run(tmp_path / "a" / "0003")
    (broken / "predictions.npz").write_bytes(b"PK no archive")
    make_run(tmp_path / "a" / "0004", predicted=answers, label=answers[:2])
    first, *others = listing.find(tmp_path)
    assert [array.tolist() for array in listing.load_predictions(first)] == [[1, 2, 3], [1, 2, 4]]
    for run in others:
        with pytest.raises(UsageError, match=run.name):
            listing.load_predictions(run)


def test_the_number_of_a_run_is_enough(tmp_path, monkeypatch):
    make_run(tmp_path / "softmax" / "0001-seed=3")
    make_run(tmp_path / "softmax" / "0011-seed=4")
    assert list(states(tmp_path, "softmax/0001")) == ["softmax/0001-seed=3"]
    monkeypatch.chdir(tmp_path)
    assert list(states(tmp_path, "softmax/0011")) == ["softmax/0011-seed=4"]
    with pytest.raises(UsageError, match="softmax/0002 matches no run"):
        listing.find(tmp_path, ["softmax/0002"])


def test_a_pattern_is_tried_in_both_places(tmp_path, monkeypatch):
    """What the working directory has of that name, and is no run, hides nothing."""
    make_run(tmp_path / "logs" / "softmax" / "0001")
    here = tmp_path / "here"
    (here / "softmax").mkdir(parents=True)
    (here / "notes.txt").touch()
    monkeypatch.chdir(here)
    for pattern in ("*", "softmax", "s*/0*", "softmax/0001"):
        assert list(states(tmp_path / "logs", pattern)) == ["softmax/0001"]
    other = make_run(here / "softmax" / "0002")
    assert list(states(tmp_path / "logs", "*")) == [str(other), "softmax/0001"]


def test_a_name_is_no_pattern(tmp_path, monkeypatch):
    """A directory whose name has the characters of a pattern, as a shell completes it."""
    write_events(tmp_path / "theirs [1]", scalar(0, {"loss": 1.0}))
    assert list(states(tmp_path, "theirs [1]")) == ["theirs [1]"]
    monkeypatch.chdir(tmp_path)
    assert list(states(tmp_path / "logs", "theirs [1]")) == [str(tmp_path / "theirs [1]")]


def test_an_empty_name_is_not_all_runs(tmp_path):
    """`clean_runs.py remove "$run" --yes`, where the variable is not set."""
    make_run(tmp_path / "softmax" / "0001")
    with pytest.raises(UsageError, match="matches no run"):
        listing.find(tmp_path, [""])


def test_one_run(tmp_path):
    make_run(tmp_path / "softmax" / "0001-seed=3")
    make_run(tmp_path / "softmax" / "0002")
    assert listing.one("softmax/1", tmp_path).name == "softmax/0001-seed=3"
    for name in ("softmax", "softmax/*"):
        with pytest.raises(UsageError, match="matches 2 runs; name one"):
            listing.one(name, tmp_path)
    with pytest.raises(UsageError, match="did you mean softmax/0002"):
        listing.one("softmax/0003", tmp_path)
