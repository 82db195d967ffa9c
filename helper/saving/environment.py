"""What decides the last bits of a run besides its flags and data: TensorFlow, CPU, switches."""

from __future__ import annotations

import os
import platform
from typing import Any

from helper import denormals
from helper.runs import processor, threads
from helper.tensorflow_v1 import tf

# Environment variables that affect the choice of kernels, besides the processor.
_SWITCHES = ("TF_ENABLE_ONEDNN_OPTS", "ONEDNN_MAX_CPU_ISA", "TF_XLA_FLAGS", "XLA_FLAGS")


def engine() -> dict[str, Any]:
    """The machine and the switches that TensorFlow computes with."""
    return {
        "tensorflow": tf.__version__,
        "machine": platform.machine(),
        "cpu_features": processor.features(),
        "threads": threads.count(),
        "denormals": "flushed" if denormals.can_flush() else "by thread",
        **{name: os.environ.get(name, "") for name in _SWITCHES},
    }


def differences(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """The names of the values that differ between two engines."""
    return [name for name in new if old.get(name, "") != new[name]]
