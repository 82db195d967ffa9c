"""Write one format, quietly, and say in one line what it cannot hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from helper.errors import LabError, reason
from helper.exporting import frozen, metadata, onnx_file, processes, saved_model, tflite
from helper.exporting.formats import INT8
from helper.tensorflow_v1 import stderr_held_back

# How the converters name an operation that their format does not have.
_MISSING = (r"'tf\.(\w+)' op is neither a custom op nor a flex op", r"No Op registered for (\w+)")


class Source(NamedTuple):
    """What formats are written from.

    metadata: as ``metadata.describe`` gives it. training_images: uint8 [n, height, width]. scratch:
    a directory for what is needed on the way.
    """

    graph_def: Any
    metadata: Mapping[str, Any]
    training_images: np.ndarray
    scratch: Path


def write(name: str, path: Path, source: Source) -> None:
    """Raises LabError for a network that the format cannot hold, OSError where it is not written.

    name: in ``formats.FILES``.
    """
    raised = None
    with stderr_held_back():
        try:
            _write(name, path, source)
        except (OSError, MemoryError):
            raise
        except Exception as error:  # converters raise what they like
            raised = error
    if raised is not None:
        raise LabError(_why(raised)) from raised


def _write(name: str, path: Path, source: Source) -> None:
    if name == "frozen":
        frozen.write(source.graph_def, path)
    elif name == "onnx":
        onnx_file.write(source.graph_def, path, metadata.as_strings(source.metadata))
    elif name == "saved_model":
        saved_model.write(source.graph_def, path)
        extra = path / "assets.extra"
        extra.mkdir()
        (extra / metadata.FILE).write_text(metadata.as_text(source.metadata))
    else:
        made = source.scratch / "saved_model"
        if not made.exists():
            saved_model.write(source.graph_def, made)
        tflite.write(made, path, source.training_images if name == INT8 else None)


def _why(error: Exception) -> str:
    said = error.said if isinstance(error, processes.Failed) else str(error)
    for pattern in _MISSING:
        if missing := re.search(pattern, said):
            return f"it has no operation {missing[1]}, which this network needs"
    return f"it cannot hold this network: {reason(error)}"
