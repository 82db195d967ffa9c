"""Small pictures as NumPy arrays: values as shades, tiles in a grid, a little text. No TensorFlow.

A picture is uint8 [height, width], from 0 (black) to 255 (white).
"""

from __future__ import annotations

import math

import numpy as np

_GAP = 1  # pixels between tiles
# Each is 5 rows of 3 pixels.
_GLYPHS = {
    character: np.array([[bit == "1" for bit in row] for row in rows.split()])
    for character, rows in {
        "0": "111 101 101 101 111",
        "1": "010 110 010 010 111",
        "2": "111 001 111 100 111",
        "3": "111 001 111 001 111",
        "4": "101 101 111 001 001",
        "5": "111 100 111 001 111",
        "6": "111 100 111 101 111",
        "7": "111 001 010 010 010",
        "8": "111 101 111 101 111",
        "9": "111 101 111 001 111",
        "c": "000 011 100 100 011",
        "d": "001 001 011 101 011",
        "e": "000 111 111 100 011",
        "i": "010 000 010 010 010",
        "k": "100 101 110 101 101",
        "p": "000 110 101 110 100",
        "r": "000 101 110 100 100",
        "t": "010 111 010 010 011",
        "u": "000 101 101 101 011",
    }.items()
}


def shades(values: np.ndarray) -> np.ndarray:
    """Values (float [...]) as shades of grey, uint8 [...], relative to the largest magnitude.

    If some are negative, 0 is grey, higher is brighter, lower is darker; otherwise 0 is black.
    Only 32 shades, because noise in 256 would not compress, and every evaluation keeps a picture.
    """
    share = np.nan_to_num(values / (np.abs(values).max() or 1.0))
    if values.min() < 0:
        share = (share + 1) / 2
    return (31 * share + 0.5).astype(np.uint8) * 8


def grid(images: np.ndarray, columns: int | None = None, zoom: int = 1) -> np.ndarray:
    """Pictures (uint8 [n, height, width]) side by side and below each other, in one picture.

    columns: pictures in a row; by default as many as there are rows. zoom: pixels for each pixel.
    """
    images = images.repeat(zoom, axis=1).repeat(zoom, axis=2)
    n, height, width = images.shape
    columns = columns or math.ceil(math.sqrt(n))
    down, right = height + _GAP, width + _GAP
    picture = np.full((-(-n // columns) * down - _GAP, columns * right - _GAP), 255, np.uint8)
    for i, image in enumerate(images):
        top, left = i // columns * down, i % columns * right
        picture[top : top + height, left : left + width] = image
    return picture


def text(written: str, zoom: int = 1) -> np.ndarray:
    """Which pixels a text covers: bool [5 · zoom, (4 · characters - 1) · zoom].

    It has the digits and the letters of "predicted", "true" and "k"; KeyError for any other.
    """
    covered = np.zeros((5, 4 * len(written) - 1), bool)
    for place, character in enumerate(written):
        covered[:, 4 * place : 4 * place + 3] = _GLYPHS[character]
    return covered.repeat(zoom, axis=0).repeat(zoom, axis=1)


def stamp(picture: np.ndarray, covered: np.ndarray, middle: tuple[int, int], shade: int) -> None:
    """Draw what covers some pixels (bool [height, width]) around a point (row, column)."""
    top, left = (m - size // 2 for m, size in zip(middle, covered.shape, strict=True))
    picture[top : top + covered.shape[0], left : left + covered.shape[1]][covered] = shade
