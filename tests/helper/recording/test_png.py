from __future__ import annotations

import io

import numpy as np
import pytest

from helper.recording import png


def decoded(content):
    image = pytest.importorskip("PIL.Image").open(io.BytesIO(content))
    return image.mode, np.asarray(image)


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (99, 209), (1, 1, 3), (3, 5, 3)])
def test_every_pixel_comes_back(shape):
    pixels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    mode, found = decoded(png.encode(pixels))
    assert mode == ("L" if len(shape) == 2 else "RGB")
    np.testing.assert_array_equal(found, pixels)


def test_a_view_of_another_array():
    pixels = np.arange(48, dtype=np.uint8).reshape(6, 8)[::2, ::-1].T
    np.testing.assert_array_equal(decoded(png.encode(pixels))[1], pixels)


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((2, 2)),
        np.zeros((2, 2), np.int8),
        np.zeros(4, np.uint8),
        np.zeros((2, 2, 1), np.uint8),
        np.zeros((1, 2, 2, 3), np.uint8),
        np.zeros((0, 2), np.uint8),
        np.zeros((2, 0, 3), np.uint8),
    ],
)
def test_what_is_not_a_picture_is_refused(pixels):
    with pytest.raises(ValueError, match=r"uint8 \[height, width\]"):
        png.encode(pixels)
