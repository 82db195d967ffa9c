"""Training an experiment, from its flags to a finished run directory.

``training.train`` trains one run; an experiment's ``build_graph`` returns a ``training.Step``, in
which ``training.Metric`` declares whether lower or higher values of a metric are better.
The names are looked up on first use, so that parsing flags does not need TensorFlow.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOME = {
    "train": "helper.training.run",
    "Step": "helper.graph.model",
    "Metric": "helper.graph.metrics",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'helper.training' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)
