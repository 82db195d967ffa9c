"""What ``input_data`` had besides data sets: it fetched MNIST's files and read them."""

from __future__ import annotations

import gzip
import os
import urllib.request
from typing import Any

import numpy as np

_IMAGES, _LABELS = 2051, 2049  # the first four bytes of such a file (Yann LeCun's site)


def maybe_download(filename: str, work_directory: str, source_url: str) -> str:
    """The path of the file in the directory; fetched from ``source_url`` if it is not there."""
    os.makedirs(work_directory, exist_ok=True)
    path = os.path.join(work_directory, filename)
    if not os.path.exists(path):
        # In the early tutorials source_url was the directory of the file.
        address = source_url + filename if source_url.endswith("/") else source_url
        urllib.request.urlretrieve(address, path)
    return path


def extract_images(f: Any) -> np.ndarray:
    """The images of a gzip file, open or its path, as uint8 [n, height, width, 1].

    Raises ValueError if it is not a file of images.
    """
    (number, height, width), content = _read(f, _IMAGES, "image", 3)
    return content.reshape(number, height, width, 1)


def extract_labels(f: Any, one_hot: bool = False, num_classes: int = 10) -> np.ndarray:
    """The labels of a gzip file, open or its path, as uint8 [n] or float64 [n, num_classes].

    Raises ValueError if it is not a file of labels.
    """
    (number,), content = _read(f, _LABELS, "label", 1)
    labels = content.reshape(number)
    return np.eye(num_classes)[labels] if one_hot else labels


NAMES = {
    "maybe_download": maybe_download,
    "extract_images": extract_images,
    "extract_labels": extract_labels,
}


def _read(f: Any, expected: int, what: str, axes: int) -> tuple[list[int], np.ndarray]:
    name = f if isinstance(f, (str, os.PathLike)) else getattr(f, "name", "")
    with gzip.open(f, "rb") as file:
        magic, *shape = np.frombuffer(file.read(4 * (1 + axes)), ">u4").tolist()
        if magic != expected:
            raise ValueError(f"Invalid magic number {magic} in MNIST {what} file: {name}")
        return shape, np.frombuffer(file.read(int(np.prod(shape))), np.uint8).copy()
