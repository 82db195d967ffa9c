"""The formats, and what each writes. No TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence

from helper.errors import UsageError
from helper.exporting import onnx_file

INT8 = "tflite-int8"
# The names of the files and of the directory in an export.
FILES = {
    "saved_model": "saved_model",
    "tflite": "model.tflite",
    INT8: "model-int8.tflite",
    "onnx": "model.onnx",
    "frozen": "model.pb",
}
NAMES = [name for name in FILES if name != INT8]  # the values of --to


def chosen(text: str, quantize: bool) -> list[str]:
    """The formats that ``--to`` names, with commas between them, and those that they imply.

    Raises UsageError for a name that is none, LabError where a package is missing.
    """
    names = list(dict.fromkeys(text.split(",")))
    for name in names:
        if name not in NAMES:
            raise UsageError(f"{name!r} is not a format; known are {', '.join(NAMES)}")
    if quantize and "tflite" not in names:
        raise UsageError("--quantize makes a TFLite file of int8: add tflite to --to")
    if "onnx" in names:
        onnx_file.check_installed()
    return [name for name in FILES if name in names or (name == INT8 and quantize)]


def without(names: Sequence[str], failed: Sequence[str]) -> str:
    """The flags that ask for the formats that did not fail; "" where none is left."""
    left = [name for name in names if name not in failed and name != INT8]
    quantize = " --quantize" if INT8 in names and INT8 not in failed and "tflite" in left else ""
    return f"--to={','.join(left)}{quantize}" if left else ""
