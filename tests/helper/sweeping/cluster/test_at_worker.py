"""What a worker finds before it trains; whole sweeps are in tests/scripts/test_sweep_cluster.py."""

from __future__ import annotations

import pytest

pytest.importorskip("distributed", reason="clusters need the extra [cluster]")

from helper.runs import record
from helper.runs.record import Record, Status
from helper.sweeping.cluster import agreement, at_worker
from helper.sweeping.cluster.orders import Order, Place

PLACE = Place("experiments/softmax.py", ".", "/nowhere", "secret")
FLAGS = ("--seed=1", "--run_name=seed=1")


def order(logdir, newest=0, flags=FLAGS):
    return Order("key", "topic", "sweep", PLACE, flags, str(logdir), newest)


@pytest.fixture
def make(tmp_path):
    def make(name, flags=FLAGS):
        path = tmp_path / "softmax" / name
        path.mkdir(parents=True)
        argv = ["softmax.py", *flags, "--logdir=/x"]
        record.save(Record("softmax", name, Status.INTERRUPTED, argv=argv), path)
        return path

    return make


def test_the_run_that_a_lost_worker_began(tmp_path, make):
    assert at_worker._begun(order(tmp_path), tmp_path) is None
    make("0001-seed=1")  # before the order was given
    path = make("0002-seed=1")
    make("0003-seed=2", ("--seed=2", "--run_name=seed=2"))
    make("0004-other", ("--seed=1", "--run_name=other"))
    found = at_worker._begun(order(tmp_path, newest=1), tmp_path)
    assert found is not None and found.path == path
    assert at_worker._begun(order(tmp_path, newest=2), tmp_path) is None


def test_a_worker_with_older_code_says_so(monkeypatch):
    assert agreement.differences(agreement.facts(PLACE, None), at_worker.check(PLACE, None)) == []
    monkeypatch.setattr(at_worker, "_LOADED", "older")
    (found,) = agreement.differences(agreement.facts(PLACE, None), at_worker.check(PLACE, None))
    assert found.startswith("the project's code: changed since this worker was started, restart it")
