"""A digit where MNIST would have it.

MNIST's digits are white on black, fill a box of 20 × 20 pixels with their proportions kept, and
have their centre of mass in the middle of 28 × 28 (LeCun, Cortes and Burges, "The MNIST
database of handwritten digits").
"""

from __future__ import annotations

import numpy as np

SIDE = 28
BOX = 20
# In MNIST the centre of mass of every digit is here, to half a pixel.
_CENTRE = 14


def centred(digit: np.ndarray) -> np.ndarray:
    """The digit (float64, at most 20 × 20, 0 to 1) on 28 × 28 pixels by its centre of mass."""
    result = np.zeros((SIDE, SIDE))
    place = []
    for axis, side in enumerate(digit.shape):
        mass = digit.sum(axis=1 - axis)
        centre = (mass * np.arange(side)).sum() / mass.sum()
        place.append(min(max(round(_CENTRE - centre), 0), SIDE - side))
    top, left = place
    result[top : top + digit.shape[0], left : left + digit.shape[1]] = digit
    return (255 * result / result.max() + 0.5).astype(np.uint8)
