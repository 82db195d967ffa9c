"""Drawings are scaled and centred as picture files are."""

from __future__ import annotations

import numpy as np
import pytest

from helper.board import digits
from helper.errors import DataError


def seven(side: int, thick: int, top: int, left: int, height: int) -> np.ndarray:
    """A 7 somewhere on the paper."""
    drawing = np.zeros((side, side), np.uint8)
    drawing[top : top + thick, left : left + height // 2 + thick] = 255
    for row in range(height):
        start = left + height // 2 - row // 2
        drawing[top + row, start : start + thick] = 255
    return drawing


@pytest.mark.parametrize("place", [(0, 0, 40), (30, 60, 70), (100, 10, 30), (5, 50, 80)])
def test_as_a_picture_file(place) -> None:
    digit_images = pytest.importorskip("helper.data.digit_images", exc_type=Exception)
    drawing = seven(140, 8, *place)
    drawing[:, -1] = drawing[-1] = 0
    expected = digit_images.convert(drawing.astype(np.float64))
    difference = np.abs(digits.fit(drawing).astype(int) - expected.astype(int))
    assert difference.max() <= 1


def test_where_it_is_drawn_does_not_matter() -> None:
    first = digits.fit(seven(140, 8, 0, 0, 60))
    assert np.array_equal(first, digits.fit(seven(140, 8, 70, 50, 60)))
    assert first.shape == (28, 28) and first.dtype == np.uint8 and first.max() == 255
    rows, columns = np.nonzero(first > 60)
    assert max(np.ptp(rows), np.ptp(columns)) <= 20
    mass = first.sum(dtype=float)
    centre = [(first.sum(axis=1 - axis) * np.arange(28)).sum() / mass for axis in (0, 1)]
    assert centre == pytest.approx([14, 14], abs=0.6)


@pytest.mark.parametrize("side", [28, 29, 140, 800])
def test_extremes(side) -> None:
    with pytest.raises(DataError, match="nothing is drawn"):
        digits.fit(np.zeros((side, side), np.uint8))
    assert digits.fit(np.full((side, side), 255, np.uint8)).max() == 255
    dot = np.zeros((side, side), np.uint8)
    dot[0, -1] = 1
    assert digits.fit(dot).max() == 255
    line = np.zeros((side, side), np.uint8)
    line[:, 3] = 200
    assert np.count_nonzero(digits.fit(line)) == 20
