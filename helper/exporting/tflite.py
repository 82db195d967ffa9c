"""A TFLite file, for telephones and small computers: of floats, or quantized to int8."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from helper.exporting.inference import IMAGES
from helper.tensorflow_v1 import tf

_REPRESENTATIVE = 500  # images, from which the range of every tensor is taken


def write(saved_model: Path, path: Path, training_images: np.ndarray | None = None) -> None:
    """Convert a SavedModel. training_images: uint8 [n, height, width], to quantize it by.

    Raises OSError, or what the converter raises for what TFLite cannot hold.
    """
    converter = tf.compat.v2.lite.TFLiteConverter.from_saved_model(str(saved_model))
    if training_images is not None:

        def representative() -> Iterator[dict[str, Any]]:
            for image in training_images[:_REPRESENTATIVE]:
                yield {IMAGES: image[np.newaxis]}

        converter.optimizations = [tf.compat.v2.lite.Optimize.DEFAULT]
        converter.representative_dataset = representative
    path.write_bytes(converter.convert())
