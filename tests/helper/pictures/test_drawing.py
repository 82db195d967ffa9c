from __future__ import annotations

import numpy as np
import pytest

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


def drawn(covered) -> list[str]:
    return ["".join("#" if pixel else "." for pixel in row) for row in covered]


def test_text_is_readable():
    assert drawn(drawing.text("107")) == [
        ".#..###.###",
        "##..#.#...#",
        ".#..#.#..#.",
        ".#..#.#..#.",
        "###.###..#.",
    ]
    assert drawing.text("107", zoom=2).shape == (10, 22)
    assert drawing.text("predicted").any(axis=1).all()
    (true, back) = drawing.text("true"), np.rot90(drawing.text("true"))
    assert back.shape == (15, 5) and back.sum() == true.sum()


def test_every_character_has_a_look_of_its_own():
    looks = {drawing.text(character).tobytes() for character in "0123456789predictuk"}
    assert len(looks) == len(set("0123456789predictuk"))


@pytest.mark.parametrize("written", ["x", "-1"])
def test_no_other_text(written):
    with pytest.raises(KeyError):
        drawing.text(written)


def test_stamp_leaves_the_rest():
    picture = np.zeros((7, 7), np.uint8)
    drawing.stamp(picture, np.array([[True, False, True]]), (3, 3), shade=9)
    assert picture[3].tolist() == [0, 0, 9, 0, 9, 0, 0]
    assert picture.sum() == 18
