"""What every experiment shares.

``from helper import *`` gives ``tf`` (TensorFlow's version 1 interface), ``np``,
``weight_variable``, ``bias_variable``, ``prewitt_filter`` and ``mnist_samples``. The names are
looked up on first use (PEP 562), so that a tool which only reads runs imports nothing else.
TensorFlow itself is imported when an attribute of ``tf`` is first used. An experiment also imports
``cli``, ``flag_types`` and ``training`` from here.
"""

from __future__ import annotations

import importlib
from typing import Any

from helper.signals import ctrl_c_kills

__version__ = "0.2.0"

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
    "weight_variable": "helper.graph.variables",
    "bias_variable": "helper.graph.variables",
    "prewitt_filter": "helper.graph.variables",
    "mnist_samples": "helper.data.datasets",
}
_MODULES = {
    "np": "numpy",
    "cli": "helper.training.cli",
    "recorder": "helper.recording.recorder",
    "flag_types": "helper.training.flag_types",
}


def __getattr__(name: str) -> Any:
    home = _MODULES.get(name) or _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'helper' has no attribute {name!r}")
    with ctrl_c_kills():  # no traceback of somebody's modules
        module = importlib.import_module(home)
    if name in _MODULES:
        return module
    if name == "tf":
        # Version 1 code builds graphs: placeholders and sessions need eager execution off. Resource
        # variables and the control flow of TensorFlow 2 stay as they are.
        module.disable_eager_execution()
    return getattr(module, name)
