"""Images and activations as pictures that a page can show."""

from __future__ import annotations

import base64
import math

import numpy as np

from helper.recording import png

_MOST_CHANNELS = 64
_MOST_VALUES = 1 << 16
# Blue for negative values, orange for positive ones, which the colour-blind can tell apart
# (Okabe and Ito, Color Universal Design); zero is black.
_NEGATIVE = np.array([86, 180, 233])
_POSITIVE = np.array([255, 176, 59])


def url(pixels: np.ndarray) -> str:
    """A PNG as a data URL. pixels: uint8 [height, width] or [height, width, 3]."""
    return f"data:image/png;base64,{base64.b64encode(png.encode(pixels)).decode()}"


def activation(values: np.ndarray) -> np.ndarray | None:
    """A picture of one tensor, one pixel for each value; None for a tensor too large to draw.

    values: floating-point, any shape: vectors become a block, and of [height, width, channels] the
    channels are side by side. Without negative values it is grey, uint8 [height, width], else in
    two colours, [height, width, 3].
    """
    if not 0 < values.size <= _MOST_VALUES:
        return None
    block = _block(np.nan_to_num(values.astype(np.float64), posinf=0.0, neginf=0.0))
    strength = np.abs(block) / (np.max(np.abs(block)) or 1.0)
    if block.min() >= 0:
        return (255 * strength + 0.5).astype(np.uint8)
    colours = np.where(block[..., np.newaxis] < 0, _NEGATIVE, _POSITIVE)
    return (colours * strength[..., np.newaxis] + 0.5).astype(np.uint8)


def _block(values: np.ndarray) -> np.ndarray:
    """float64 [height, width]."""
    values = values.squeeze()
    if values.ndim == 2:
        return values
    if values.ndim == 3:
        return np.concatenate(np.moveaxis(values, -1, 0)[:_MOST_CHANNELS], axis=1)
    flat = values.ravel()
    if len(flat) <= 16:
        return flat[np.newaxis]
    width = _width(len(flat))
    return np.pad(flat, (0, -len(flat) % width)).reshape(-1, width)


def _width(length: int) -> int:
    """The smallest divisor from the square root on, if the block is not much wider than high."""
    side = math.isqrt(length - 1) + 1
    return next((w for w in range(side, 3 * side) if length % w == 0), side)
