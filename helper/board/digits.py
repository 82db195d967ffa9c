"""A drawing on the page as MNIST would have it: scaled and centred, without which every network
misreads a 7."""

from __future__ import annotations

import numpy as np

from helper.data.centring import BOX, centred
from helper.errors import DataError

# Up to this share of the strongest ink counts as background: the edges of strokes are soft.
_BACKGROUND = 0.15


def fit(drawing: np.ndarray) -> np.ndarray:
    """uint8 [28, 28]. drawing: uint8 [height, width], white on black.

    Raises DataError where nothing is drawn.
    """
    strongest = int(drawing.max())
    if not strongest:
        raise DataError("nothing is drawn")
    ink = drawing / strongest
    rows, columns = (np.flatnonzero((ink > _BACKGROUND).any(axis=axis)) for axis in (1, 0))
    digit = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = BOX / max(digit.shape)
    height, width = (max(1, round(side * scale)) for side in digit.shape)
    small = _averaging(digit.shape[0], height) @ digit @ _averaging(digit.shape[1], width).T
    return centred(np.clip(small, 0, 1))


def _averaging(before: int, after: int) -> np.ndarray:
    """The weights, float64 [after, before], that resize a row: a triangle as wide as two pixels of
    the coarser of both, as Pillow's bilinear filter has it."""
    scale = before / after
    reach = max(scale, 1.0)
    middles = (np.arange(after) + 0.5) * scale
    distance = np.abs(np.arange(before) + 0.5 - middles[:, np.newaxis]) / reach
    weights = np.maximum(1 - distance, 0)
    return weights / weights.sum(axis=1, keepdims=True)
