"""What an experiment's process can find imported when it starts: TensorFlow and its surroundings.

Modules of an experiment's own are not among them: they might start threads, or make a session.
"""

from __future__ import annotations

import ast
from pathlib import Path

# Packages that import TensorFlow, and the one whose names do.
_NEED_TENSORFLOW = (
    "tensorflow",
    "helper.tensorflow_v1",
    "helper.graph",
    "helper.saving",
    "helper.pictures",
    "helper.training",
)
# They import everything that a run needs from its start to its end. TensorFlow itself comes first:
# ``helper`` imports it only when it is first used.
_OF_A_RUN = (
    "tensorflow.compat.v1",
    "helper.training.run",
    "helper.training.cli",
    "helper.training.flag_types",
    "helper.recording.recorder",
)


def modules(script: Path) -> tuple[str, ...]:
    """The modules to import before the runs of a script; none if it does not use TensorFlow.

    The script is read, not run. One that cannot be read or has a syntax error uses nothing.
    """
    try:
        tree = ast.parse(script.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return ()
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    own = any(name == "helper" or name.startswith("helper.") for name in names)
    if "helper" in names or any(_needs_tensorflow(name) for name in names):
        return _OF_A_RUN if own else ("tensorflow",)
    return ()


def _needs_tensorflow(name: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in _NEED_TENSORFLOW)
