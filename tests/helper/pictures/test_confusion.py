from __future__ import annotations

import numpy as np
import pytest

from helper.pictures import confusion
from helper.pictures.drawing import text
from helper.recording import png


def test_counts_against_a_loop():
    random = np.random.RandomState(0)
    labels, predictions = random.randint(0, 4, (2, 200))
    expected = np.zeros((5, 5), int)
    for label, prediction in zip(labels, predictions, strict=True):
        expected[label, prediction] += 1
    np.testing.assert_array_equal(confusion.count(labels, predictions, 5), expected)


def test_table():
    counts = np.array([[9, 1], [0, 0]])
    assert confusion.table(counts).splitlines() == [
        "| true \\ predicted | 0 | 1 | right |",
        "| --- | ---: | ---: | ---: |",
        "| **0** | **9** | 1 | 90.0% |",
        "| **1** | 0 | **0** |  |",
    ]


def a_tenth_wrong(classes: int, examples: int = 10_000) -> np.ndarray:
    random = np.random.RandomState(0)
    labels = np.arange(examples) % classes
    wrong = random.randint(0, classes, examples)
    predictions = np.where(random.rand(examples) < 0.9, labels, wrong)
    return confusion.count(labels, predictions, classes)


def cells(picture: np.ndarray, classes: int) -> np.ndarray:
    """Each cell, [classes, classes, side, side]: they fill the lower right, but for the frame."""
    frame = int(np.flatnonzero(picture[-1] != 255)[0])
    inner = picture[frame + 1 : -1, frame + 1 : -1]
    side = len(inner) // classes
    assert inner.shape == (classes * side, classes * side)
    return inner.reshape(classes, side, classes, side).swapaxes(1, 2)


def words(picture: np.ndarray, drawn: np.ndarray) -> int:
    """How often a text, black on white, is in a picture."""
    windows = np.lib.stride_tricks.sliding_window_view(picture, drawn.shape)
    return int(np.sum(np.all((windows == 0) == drawn, axis=(2, 3))))


def test_picture_is_darkest_where_most_answers_are_and_holds_the_numbers():
    counts = np.diag([10, 20, 30])
    counts[0, 2] = 10
    picture = confusion.picture(counts)
    found = cells(picture, 3)
    assert found[:, :, 0, 0].tolist() == [[74, 255, 74], [255, 0, 255], [255, 255, 0]]
    assert set(np.unique(found[1, 1])) == {0, 255}  # white figures on black
    other = confusion.picture(np.diag([10, 21, 30]) + counts - np.diag([10, 20, 30]))
    changed = cells(other, 3)[1, 1] != found[1, 1]
    assert changed.any() and (other != picture).sum() == changed.sum()


@pytest.mark.parametrize("classes", [2, 3, 7, 10, 15, 20, 21, 47, 62, 256])
def test_picture_is_as_large_as_its_card_and_small_on_disk(classes):
    picture = confusion.picture(a_tenth_wrong(classes))
    assert picture.shape == (350, 350)
    assert len(png.encode(picture)) < (4_000 if classes <= 10 else 6_000)


@pytest.mark.parametrize("classes", [2, 10, 20, 62])
def test_axes_are_named(classes):
    picture = confusion.picture(a_tenth_wrong(classes))
    left, top = picture[:, :13], picture[:13]
    for drawn, wanted in ((top, "predicted"), (np.rot90(left, -1), "true")):
        if classes == 62:  # the grid leaves more room
            drawn = picture if wanted == "predicted" else np.rot90(picture, -1)
        assert words(drawn, text(wanted, 2)) == 1


def test_classes_are_numbered_on_both_axes():
    picture = confusion.picture(np.zeros((20, 20), int))
    frame = int(np.flatnonzero(picture[-1] != 255)[0])
    side = (len(picture) - frame - 2) // 20
    for i in range(20):
        first = frame + 1 + i * side
        for margin in (
            picture[:frame, first : first + side],
            picture[first : first + side, :frame],
        ):
            assert words(margin, text(str(i), 2)) >= 1


@pytest.mark.parametrize(("classes", "zoom"), [(2, 4), (10, 2), (20, 1)])
def test_counts_are_as_large_as_fits(classes, zoom):
    counts = np.full((classes, classes), 100)
    counts[0, 0] = 980
    cell = 255 - cells(confusion.picture(counts), classes)[0, 0]
    assert words(cell, (text("980", zoom))) == 1


def test_large_counts_are_rounded_and_fit():
    counts = np.diag([12_345] * 10)
    found = cells(confusion.picture(counts), 10)[0, 0]
    assert words(255 - found, text("12k", 2)) == 1
    assert confusion.picture(np.diag([10**9] * 20)).shape[0] > 350


def test_many_classes_have_no_numbers():
    found = cells(confusion.picture(np.eye(62, dtype=int)), 62)
    assert found.shape[2:] == (5, 5)
    assert (found.min(axis=(2, 3)) == found.max(axis=(2, 3))).all()
    assert set(np.unique(found)) == {0, 255}


def test_classes_without_examples_are_white():
    assert (cells(confusion.picture(np.zeros((30, 30), int)), 30) == 255).all()
