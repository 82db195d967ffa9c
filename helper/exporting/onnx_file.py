"""An ONNX file, which runtimes of many makers load."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from helper.errors import LabError
from helper.exporting.inference import IMAGES, outputs

_OPSET = 18


def check_installed() -> None:
    """Raise LabError if a package that writes or runs ONNX is missing. Imports none."""
    if any(importlib.util.find_spec(name) is None for name in ("tf2onnx", "onnxruntime")):
        raise LabError("ONNX needs tf2onnx and ONNX Runtime: pip install -e '.[export]'")


def write(graph_def: Any, path: Path, metadata: Mapping[str, str]) -> None:
    """Raises OSError, or what the converter raises for what ONNX cannot hold."""
    import onnx
    import tf2onnx.convert

    logging.getLogger("tf2onnx").setLevel(logging.CRITICAL)
    names = [IMAGES, *outputs(graph_def)]
    model, _ = tf2onnx.convert.from_graph_def(
        graph_def,
        name="network",
        input_names=[f"{IMAGES}:0"],
        output_names=[f"{name}:0" for name in names[1:]],
        opset=_OPSET,
        tensors_to_rename={f"{name}:0": name for name in names},
    )
    onnx.checker.check_model(model)  # which names an operation that ONNX does not have
    for key, value in metadata.items():
        model.metadata_props.add(key=key, value=value)
    path.write_bytes(model.SerializeToString())
