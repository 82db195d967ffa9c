"""Confusion matrices: counts, a table and a picture. No TensorFlow."""

from __future__ import annotations

import numpy as np

from helper.pictures.drawing import stamp, text

# The picture's cells show their counts up to this many classes; more would be unreadable.
_MOST_NUMBERED = 20
# TensorBoard's IMAGES page makes every picture this wide; one that is has sharp edges there.
_SIDE = 350
_ZOOM = 2  # of the names of the axes and classes
_LARGEST_ZOOM = 4  # of the counts
_MARGIN = 13  # pixels above and to the left of everything else, for the name of an axis
_LINE = 16  # pixels for the classes' numbers
_FRAME = 170  # the shade of the line around all cells


def count(labels: np.ndarray, predictions: np.ndarray, classes: int) -> np.ndarray:
    """Count the pairs of labels and predictions, both int64 [examples] from 0 to classes - 1.

    Returns int64 [true class, predicted class].
    """
    pairs = np.bincount(labels * classes + predictions, minlength=classes * classes)
    return pairs.reshape(classes, classes)


def table(counts: np.ndarray) -> str:
    """A Markdown table: a row for each true class, a column for each predicted one."""
    classes = range(len(counts))
    head = ["true \\ predicted", *(str(c) for c in classes), "right"]
    lines = [head, ["---", *("---:" for _ in classes), "---:"]]
    for true, row in enumerate(counts):
        share = f"{row[true] / row.sum():.1%}" if row.sum() else ""
        cells = [f"**{n}**" if c == true else str(n) for c, n in enumerate(row)]
        lines.append([f"**{true}**", *cells, share])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def picture(counts: np.ndarray) -> np.ndarray:
    """A picture, uint8 [height, width]: a row for each true class, a column for each predicted one.

    The darker a cell, the larger its share of its row. Up to 20 classes are numbered, and their
    counts shown (12k is 12,000).
    """
    classes = len(counts)
    numbered = classes <= _MOST_NUMBERED
    written = [[_short(int(n)) for n in row] for row in counts]
    longest = max(len(number) for row in written for number in row)
    around = _MARGIN + (_LINE if numbered else 0)
    # The longest count has to fit into a cell, with a pixel between it and the next.
    extent = max(text("0" * longest).shape)
    side = max((_SIDE - 1 - around) // classes, extent + 1 if numbered else 1)
    before = max(around, _SIDE - 1 - classes * side)
    drawn = np.full((before + classes * side + 1,) * 2, 255, np.uint8)
    drawn[before - 1 :, before - 1 :] = _FRAME
    drawn[before:-1, before:-1] = _cells(counts).repeat(side, axis=0).repeat(side, axis=1)

    middles = [before + side // 2 + i * side for i in range(classes)]
    if numbered:
        zoom = min((side - 1) // extent, _LARGEST_ZOOM)
        _draw_counts(drawn, written, middles, zoom)
        for i, middle in enumerate(middles):
            number = text(str(i), _ZOOM)
            stamp(drawn, number, (middle, before - _LINE // 2), 0)
            stamp(drawn, number, (before - _LINE // 2, middle), 0)
    axis = before - around + _MARGIN // 2
    centre = before + classes * side // 2
    stamp(drawn, np.rot90(text("true", _ZOOM)), (centre, axis), 0)
    stamp(drawn, text("predicted", _ZOOM), (axis, centre), 0)
    return drawn


def _cells(counts: np.ndarray) -> np.ndarray:
    """The shade of each cell, uint8 as ``counts``."""
    # The square root makes a few mistakes among a thousand visible.
    share = np.sqrt(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))
    return (255 * (1 - share)).astype(np.uint8)


def _draw_counts(drawn: np.ndarray, texts: list[list[str]], middles: list[int], zoom: int) -> None:
    for row, y in zip(texts, middles, strict=True):
        for written, x in zip(row, middles, strict=True):
            stamp(drawn, text(written, zoom), (y, x), 255 if drawn[y, x] < 128 else 0)


def _short(number: int) -> str:
    """At most four characters, for up to ten million."""
    return str(number) if number < 10_000 else f"{number // 1000}k"
