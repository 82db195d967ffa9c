"""A TFLite file, for telephones and small computers: of floats, or quantized to int8.

python -m helper.exporting.tflite SAVED_MODEL [quantize] <training_images.npy >model.tflite

The converter runs in a process of its own: it needs eager execution, which a program of TensorFlow
1 has switched off, and an assertion that fails in its C++ ends the process.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from helper.exporting import processes

_REPRESENTATIVE = 500  # images, from which the range of every tensor is taken


def write(saved_model: Path, path: Path, training_images: np.ndarray | None = None) -> None:
    """Convert a SavedModel. training_images: uint8 [n, height, width], to quantize it by.

    Raises OSError, or ``processes.Failed`` for what TFLite cannot hold.
    """
    given, quantize = io.BytesIO(), []
    if training_images is not None:
        np.save(given, training_images[:_REPRESENTATIVE])
        quantize = ["quantize"]
    arguments = [saved_model.absolute(), *quantize]
    path.write_bytes(processes.run("helper.exporting.tflite", arguments, given.getvalue()))


def main() -> None:
    import tensorflow as tf

    from helper.exporting.inference import IMAGES

    saved_model, *quantize = sys.argv[1:]
    with processes.output() as output:
        converter = tf.lite.TFLiteConverter.from_saved_model(saved_model)
        if quantize:
            images = np.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False)

            def representative() -> Iterator[dict[str, Any]]:
                for image in images:
                    yield {IMAGES: image[np.newaxis]}

            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.representative_dataset = representative
        output.write(converter.convert())


if __name__ == "__main__":
    main()
