"""Confusion matrices: counts, a table and a picture. No TensorFlow."""

from __future__ import annotations

import numpy as np

from helper.pictures.drawing import draw_number, number_size

# The picture's cells show their counts up to this many classes; more would be unreadable.
_MOST_NUMBERED = 20
_ZOOM = 1
_PADDING = 2
_SMALL_CELL = 4


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

    The darker a cell, the larger its share of its row.
    """
    classes = len(counts)
    # The square root makes a few mistakes among a thousand visible.
    share = np.sqrt(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))
    cells = (255 * (1 - share)).astype(np.uint8)
    if classes > _MOST_NUMBERED:
        return cells.repeat(_SMALL_CELL, axis=0).repeat(_SMALL_CELL, axis=1)
    digits = max(len(str(counts.max())), 2)
    height, width = (side + 2 * _PADDING for side in number_size(digits, _ZOOM))
    named = np.full((classes + 1, classes + 1), 255, np.uint8)
    named[1:, 1:] = cells
    drawn = named.repeat(height, axis=0).repeat(width, axis=1)
    _draw_numbers(drawn, counts, height, width)
    return drawn


def _draw_numbers(drawn: np.ndarray, counts: np.ndarray, height: int, width: int) -> None:
    """Draw the count into each cell, and the classes along the top and the left."""

    def write(number: int, row: int, column: int) -> None:
        number_height, number_width = number_size(len(str(number)), _ZOOM)
        top = row * height + (height - number_height) // 2
        left = column * width + (width - number_width) // 2
        shade = 255 if drawn[row * height, column * width] < 128 else 0
        draw_number(drawn, number, top, left, _ZOOM, shade)

    for i, row in enumerate(counts):
        write(i, i + 1, 0)
        write(i, 0, i + 1)
        for j, number in enumerate(row):
            write(int(number), i + 1, j + 1)
