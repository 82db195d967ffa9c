"""Sprites: pictures in a square grid, from which TensorBoard's projector cuts its thumbnails."""

from __future__ import annotations

import math

import numpy as np

# The projector refuses sprites that are wider or higher.
LARGEST = 8192
_SMALLEST_TILE = 24  # pixels; smaller pictures are enlarged


def sprite(images: np.ndarray) -> tuple[np.ndarray, tuple[int, int]]:
    """A picture of many, uint8 [n, height, width], and the width and height of each in it.

    It has as many rows as columns, of which the last may be empty: the projector divides by the
    number of rows where it should divide by the number of columns. Returns uint8 [rows · height,
    rows · width], dark on white: the projector multiplies it with the colour of the point.
    Pictures are enlarged or thinned out to a size that can be seen and that fits.
    """
    n, height, width = images.shape
    columns = max(1, math.ceil(math.sqrt(n)))
    zoom = max(1, _SMALLEST_TILE // max(height, width))
    step = max(1, math.ceil(max(height, width) * columns / LARGEST))
    tiles = images[:, ::step, ::step].repeat(zoom, axis=1).repeat(zoom, axis=2)
    _, height, width = tiles.shape
    picture = np.full((columns * height, columns * width), 255, np.uint8)
    grid = picture.reshape(columns, height, columns, width)
    for i, tile in enumerate(tiles):
        grid[i // columns, :, i % columns] = 255 - tile
    return picture, (width, height)
