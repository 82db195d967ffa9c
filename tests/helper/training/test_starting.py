from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from helper.errors import LabError, UsageError
from helper.runs import directory
from helper.training import starting
from tests.made_runs import make_run
from tests.plain_settings import settings


def test_the_first_line_says_what_trains_on_what(tiny_data, tmp_path):
    new = settings(tmp_path)
    assert starting.first_line(new, tiny_data) == "own: tiny, 120 training and 50 test images"
    three = replace(tiny_data, validation=tiny_data.test, name="my\x1b data")
    resumed = replace(new, resume=Path("logs/own/0007-seed=1"))
    said = r"own 0007-seed=1: my\x1b data, 120 training, 50 validation and 50 test images"
    assert starting.first_line(resumed, three) == said


def test_a_batch_larger_than_the_data(tiny_data, tmp_path):
    starting.check(settings(tmp_path, batch_size=120), tiny_data)
    with pytest.raises(UsageError, match="--batch_size=121 is more than the 120 training examples"):
        starting.check(settings(tmp_path, batch_size=121), tiny_data)


@pytest.mark.parametrize("bad", [{"suffix": "../x"}, {"experiment": "a b"}, {"logdir": "a[b]"}])
def test_a_run_that_could_not_be_made(tiny_data, tmp_path, bad):
    with pytest.raises(UsageError):
        starting.check(replace(settings(tmp_path), **bad), tiny_data)
    assert not list(tmp_path.iterdir())


def resumed(path: Path, steps: int = 100):
    return settings(path.parent.parent, resume=path, steps=steps)


def test_a_run_to_resume(tiny_data, tmp_path):
    path = make_run(tmp_path / "own" / "0001", sha256=tiny_data.sha256)
    starting.check(resumed(path), tiny_data)
    starting.check(resumed(path, 200), tiny_data)
    with pytest.raises(UsageError, match="is a run of 100 steps; give more, or none"):
        starting.check(resumed(path, 99), tiny_data)
    directory.reopen(path).close()  # the lock was given back


def test_other_data(tiny_data, tmp_path):
    path = make_run(tmp_path / "own" / "0001", status="interrupted")
    with pytest.raises(UsageError, match=r"other data \(SHA-256 abababababab…, not cdcdcdcdcdcd…"):
        starting.check(resumed(path), tiny_data)


def test_a_run_in_use(tiny_data, tmp_path):
    path = make_run(tmp_path / "own" / "0001", sha256=tiny_data.sha256)
    run = directory.reopen(path)
    with pytest.raises(LabError, match="is in use by another process"):
        starting.check(resumed(path), tiny_data)
    run.close()
