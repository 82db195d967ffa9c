"""What decides the last bits of a run besides its flags and data: versions, CPU, switches."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path
from typing import Any

import numpy as np
import tensorboard

from helper import denormals
from helper.runs import threads
from helper.tensorflow_v1 import tf

# oneDNN and Eigen choose their kernels by these instruction sets.
_FEATURES = re.compile(r"(?:avx|fma|sse4|amx|asimd|sve|bf16)\w*")

# Environment variables that affect the choice too.
_SWITCHES = ("TF_ENABLE_ONEDNN_OPTS", "ONEDNN_MAX_CPU_ISA", "TF_XLA_FLAGS", "XLA_FLAGS")


def versions() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "numpy": np.__version__,
        "tensorboard": tensorboard.__version__,
    }


def engine() -> dict[str, Any]:
    """The machine and the switches that TensorFlow computes with."""
    return {
        "tensorflow": tf.__version__,
        "machine": platform.machine(),
        "cpu_features": _cpu_features(),
        "threads": threads.count(),
        "denormals": "flushed" if denormals.can_flush() else "by thread",
        **{name: os.environ.get(name, "") for name in _SWITCHES},
    }


def differences(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """The names of the values that differ between two engines."""
    return [name for name in new if old.get(name, "") != new[name]]


def _cpu_features() -> str:
    """The features that Linux reports for the first processor; elsewhere its name."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor()
    line = next(
        (line for line in text.splitlines() if line.lower().startswith(("flags", "features"))), ""
    )
    return " ".join(sorted(set(_FEATURES.findall(line))))
