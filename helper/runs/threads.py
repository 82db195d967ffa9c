"""How many threads share one operation: the count decides the last bits of a run.

The sums inside a matrix product are cut into as many parts as there are threads, and rounded part
by part. So a run is resumed with the number of threads that it was started with.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from helper.runs.processor import cores

# TensorFlow reads it once, when it first computes. The same field of tf.ConfigProto comes too late:
# the thread pool that it would size has been made by then.
VARIABLE = "TF_NUM_INTRAOP_THREADS"
_MOST = 1024


def count() -> int:
    """The threads that TensorFlow shares an operation between: as asked for, or one a core."""
    try:
        wanted = int(os.environ.get(VARIABLE, ""))
    except ValueError:
        wanted = 0
    return wanted if wanted > 0 else cores()


def keep(engine: Mapping[str, Any]) -> None:
    """Compute with as many threads as the run with this engine, unless the environment says else.

    To be called before TensorFlow first computes.
    """
    started = engine.get("threads")
    if os.environ.get(VARIABLE) or type(started) is not int or not 0 < started <= _MOST:
        return
    if started != count():
        print(f"note: the run was started with {VARIABLE}={started}, and keeps it")
        os.environ[VARIABLE] = str(started)
