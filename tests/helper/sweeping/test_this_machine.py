from __future__ import annotations

import os
import sys

import pytest

from helper.sweeping import this_machine
from helper.sweeping.forked import Forked
from helper.sweeping.processes import Processes


@pytest.mark.parametrize(
    ("platform", "kind", "default"), [("linux", Forked, 4), ("darwin", Processes, 2)]
)
def test_forks_only_on_linux(monkeypatch, platform, kind, default):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(this_machine, "cores", lambda: 4)
    assert type(this_machine.workers(None)) is kind
    assert [this_machine.workers(jobs).jobs for jobs in (None, 1, 9)] == [default, 1, 9]


def test_counts_the_cores_that_it_may_use(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5, 7}, raising=False)
    assert this_machine.cores() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    assert this_machine.cores() == os.cpu_count()
