from __future__ import annotations

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
