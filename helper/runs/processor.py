"""This machine's processor: its cores, and its instruction sets."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

# oneDNN and Eigen choose their kernels by these instruction sets.
_FEATURES = re.compile(r"(?:avx|fma|sse4|amx|asimd|sve|bf16)\w*")


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def features() -> str:
    """The features that Linux reports for the first processor; elsewhere its name."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor()
    line = next(
        (line for line in text.splitlines() if line.lower().startswith(("flags", "features"))), ""
    )
    return " ".join(sorted(set(_FEATURES.findall(line))))
