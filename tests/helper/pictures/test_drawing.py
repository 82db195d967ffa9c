from __future__ import annotations

import numpy as np

from helper.pictures import drawing


def test_shades_of_signed_values_have_zero_in_the_middle():
    assert drawing.shades(np.array([-2.0, 0.0, 2.0, 1.0])).tolist() == [0, 128, 248, 184]


def test_shades_of_values_above_zero_begin_at_black():
    assert drawing.shades(np.array([0.0, 5.0, 10.0])).tolist() == [0, 128, 248]


def test_shades_of_nothing_and_of_what_is_not_finite():
    assert drawing.shades(np.zeros((2, 3))).tolist() == [[0] * 3] * 2
    assert drawing.shades(np.array([np.nan, 1.0]))[1] in range(256)


def test_grid_places_every_tile():
    tiles = np.arange(5, dtype=np.uint8)[:, np.newaxis, np.newaxis].repeat(2, 1).repeat(3, 2)
    picture = drawing.grid(tiles, columns=2)
    assert picture.shape == (3 * 2 + 2, 2 * 3 + 1)
    assert picture[0].tolist() == [0, 0, 0, 255, 1, 1, 1]
    assert picture[6].tolist() == [4, 4, 4, 255, 255, 255, 255]
    assert (picture[2] == 255).all()
    assert drawing.grid(tiles, zoom=4).shape == (2 * 9 - 1, 3 * 13 - 1)


def test_numbers_are_readable():
    picture = np.zeros((7, 16), np.uint8)
    drawing.draw_number(picture, 107, top=1, left=2, zoom=1, shade=9)
    drawn = ["".join("#" if pixel else "." for pixel in row) for row in picture]
    assert drawn == [
        "................",
        "...#..###.###...",
        "..##..#.#...#...",
        "...#..#.#..#....",
        "...#..#.#..#....",
        "..###.###..#....",
        "................",
    ]
    assert drawing.number_size(3, 1) == (5, 11)
