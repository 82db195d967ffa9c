"""A frozen GraphDef: one file, which TensorFlow of every version imports."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def write(graph_def: Any, path: Path) -> None:
    """Raises OSError."""
    path.write_bytes(graph_def.SerializeToString())
