from __future__ import annotations

import numpy as np

from helper.pictures import confusion


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


def test_picture_is_darkest_where_most_answers_are_and_holds_the_numbers():
    counts = np.diag([10, 20, 30])
    counts[0, 2] = 10
    picture = confusion.picture(counts)
    height, width = picture.shape[0] // 4, picture.shape[1] // 4
    corners = picture[::height, ::width]
    assert corners[1:, 1:].tolist() == [[74, 255, 74], [255, 0, 255], [255, 255, 0]]
    assert (corners[0] == 255).all() and (corners[:, 0] == 255).all()
    cell = picture[2 * height : 3 * height, 2 * width : 3 * width]
    assert set(np.unique(cell)) == {0, 255}  # white figures on black
    other = confusion.picture(np.diag([10, 21, 30]) + counts - np.diag([10, 20, 30]))
    changed = other[2 * height : 3 * height, 2 * width : 3 * width] != cell
    assert changed.any() and (other != picture).sum() == changed.sum()


def test_many_classes_have_no_numbers():
    picture = confusion.picture(np.eye(62, dtype=int))
    assert picture.shape == (62 * 4, 62 * 4)
    assert set(np.unique(picture)) == {0, 255}


def test_classes_without_examples_are_white():
    assert (confusion.picture(np.zeros((30, 30), int)) == 255).all()
