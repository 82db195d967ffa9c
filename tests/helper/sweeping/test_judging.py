"""What a run had reached after some steps, and whether it had ended there."""

from __future__ import annotations

import json

import numpy as np
import pytest

from helper.runs import listing
from helper.sweeping import judging
from tests.made_runs import make_run


@pytest.fixture
def run(tmp_path):
    """run(curve={50: 0.5}): a run of 100 steps whose record has these other fields."""

    def make(status="completed", curve=None, final=0.9, **fields):
        path = make_run(tmp_path / "logs" / "toy" / "0001", final, curve=curve, status=status)
        record = json.loads((path / "run.json").read_text()) | fields
        (path / "run.json").write_text(json.dumps(record))
        return listing.one("toy/1", tmp_path / "logs")

    return make


def test_the_value_is_that_of_the_curve(run):
    found = run(curve={50: 0.5, 100: 0.9})
    assert judging.value_at(found, 50) == 0.5
    assert judging.value_at(found, 100) == float(np.float32(0.9))
    assert judging.value_at(found, 60) is None


def test_without_a_curve_the_record_has_the_last_value_alike(run):
    found = run()
    assert judging.value_at(found, 100) == float(np.float32(0.9))
    assert judging.value_at(found, 50) is None


@pytest.mark.parametrize("status", ["interrupted", "killed", "diverged"])
def test_on_the_way_to_more_steps_it_had_completed_those_before(run, status):
    found = run("running" if status == "killed" else status, {50: 0.5}, None)
    assert found.status == status
    assert judging.ended(found, 50) == "completed"
    assert judging.ended(found, 60) == ("diverged" if status == "diverged" else None)
    assert judging.ended(found, 100) == ("diverged" if status == "diverged" else None)
    assert judging.ended(found, None) == ("diverged" if status == "diverged" else None)


def test_a_goal_beyond_the_end(run):
    found = run(curve={50: 0.5, 100: 0.9})
    assert judging.ended(found, None) == judging.ended(found, 100) == "completed"
    assert judging.ended(found, 200) is None


def test_a_run_without_a_record(tmp_path):
    (tmp_path / "logs" / "toy" / "0001").mkdir(parents=True)
    (tmp_path / "logs" / "toy" / "0001" / "lock").touch()
    found = listing.one("toy/1", tmp_path / "logs")
    assert judging.value_at(found, 1) is None and judging.ended(found, 1) is None
    assert judging.rule([found]) is None
