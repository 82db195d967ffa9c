from __future__ import annotations

import numpy as np
import pytest

from helper.pictures import sprites


def test_rows_of_pictures_dark_on_white():
    images = np.arange(5, dtype=np.uint8)[:, np.newaxis, np.newaxis].repeat(24, 1).repeat(30, 2)
    picture, (width, height) = sprites.sprite(images)
    assert (width, height) == (30, 24)
    tiles = picture.reshape(3, 24, 3, 30).swapaxes(1, 2)
    assert tiles.min(axis=(2, 3)).tolist() == [[255, 254, 253], [252, 251, 255], [255, 255, 255]]
    assert (tiles.min(axis=(2, 3)) == tiles.max(axis=(2, 3))).all()


def test_what_is_in_a_picture_stays_in_place():
    image = np.random.RandomState(0).randint(0, 256, (1, 28, 28)).astype(np.uint8)
    np.testing.assert_array_equal(255 - sprites.sprite(image)[0], image[0])


@pytest.mark.parametrize("n", [1, 2, 4, 5, 2000])
def test_as_many_rows_as_columns(n):
    picture, (width, height) = sprites.sprite(np.zeros((n, 28, 14), np.uint8))
    rows, columns = picture.shape[0] / height, picture.shape[1] / width
    assert rows == columns == np.ceil(np.sqrt(n))


def test_small_pictures_are_enlarged_and_large_ones_fit():
    picture, size = sprites.sprite(np.zeros((1, 1, 3), np.uint8))
    assert size == (24, 8) and picture.shape == (8, 24)
    picture, (width, height) = sprites.sprite(np.zeros((400, 300, 900), np.uint8))
    assert max(picture.shape) <= sprites.LARGEST and width == 3 * height > 200
