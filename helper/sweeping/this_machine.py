"""How this machine trains the runs of a sweep."""

from __future__ import annotations

import sys

from helper.runs.processor import cores
from helper.sweeping.forked import Forked
from helper.sweeping.processes import Processes
from helper.sweeping.workers import Workers


def workers(jobs: int | None) -> Workers:
    """Those of this machine. jobs: runs at a time, or None for as many as are fastest.

    Elsewhere than on Linux a process of its own imports TensorFlow for each run: macOS's libraries
    may not be used after a fork, and no signal tells a process that its parent has ended.
    """
    if sys.platform == "linux":
        return Forked(jobs or cores())
    # Each of these runs computes with all cores, and waits for data and Python in between.
    return Processes(jobs or max(1, cores() // 2))
