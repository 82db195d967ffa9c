"""Which instruction sets this machine's processor has."""

from __future__ import annotations

import platform
import re
from pathlib import Path

# oneDNN and Eigen choose their kernels by these instruction sets.
_FEATURES = re.compile(r"(?:avx|fma|sse4|amx|asimd|sve|bf16)\w*")


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
