"""What every experiment shares.

``from helper import *`` gives ``tf`` (TensorFlow's version 1 interface), ``np``,
``weight_variable``, ``bias_variable``, ``prewitt_filter`` and ``mnist_samples``. The names are
looked up when they are first used (PEP 562), so that a tool which only reads runs, and imports
``helper.events`` or ``helper.runs``, does not wait for TensorFlow.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

__all__ = [  # noqa: F822 - looked up by __getattr__
    "tf",
    "np",
    "weight_variable",
    "bias_variable",
    "prewitt_filter",
    "mnist_samples",
]

_HOME = {
    "tf": "helper.tensorflow_v1",
    "weight_variable": "helper.variables",
    "bias_variable": "helper.variables",
    "prewitt_filter": "helper.variables",
    "mnist_samples": "helper.datasets",
}


def __getattr__(name: str) -> Any:
    if name == "np":
        return importlib.import_module("numpy")
    if name not in _HOME:
        raise AttributeError(f"module 'helper' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    if name == "tf":
        # Version 1 code builds graphs: placeholders and sessions need eager execution off. Resource
        # variables and the control flow of TensorFlow 2 stay as they are.
        value.disable_eager_execution()
    return value
