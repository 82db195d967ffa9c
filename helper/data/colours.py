"""A small data set made by this project: colours of three kinds.

Three features (red, green, blue) and three classes, for networks small enough to be drawn and
understood, such as 3 → 4 → 3. Grey colours lie along the diagonal of the cube of all colours, dark
and bright ones all around it, below and above. So softmax regression, which cuts the cube by
planes, cannot tell them apart; four hidden units can.
"""

from __future__ import annotations

import numpy as np

KINDS = ("grey", "dark", "bright")
_TRAIN, _TEST = 6000, 1000


def kinds(colours: np.ndarray) -> np.ndarray:
    """The kind of each colour (uint8 [n, 3]: red, green, blue), int64 [n]; -1 for none.

    Grey: the largest and the smallest component differ by less than 50. Dark: they differ by more
    than 160, and their mean is below 105. Bright: the same, and their mean is above 150.
    """
    components = colours.astype(np.int64)
    spread, total = np.ptp(components, axis=1), components.sum(axis=1)
    kind = np.full(len(colours), -1)
    kind[spread < 50] = 0
    kind[(spread > 160) & (total < 3 * 105)] = 1
    kind[(spread > 160) & (total > 3 * 150)] = 2
    return kind


def arrays() -> list[np.ndarray]:
    """Images uint8 [n, 1, 3] and labels uint8 [n] of 6,000 training and 1,000 test colours.

    The kinds take turns, and the colours are the same whenever and wherever they are made.
    """
    # NumPy promises never to change the numbers of this generator.
    colours = np.random.RandomState(0).randint(0, 256, (80_000, 3)).astype(np.uint8)
    kind = kinds(colours)
    each = (_TRAIN + _TEST) // len(KINDS) + 1
    turns = np.stack([np.flatnonzero(kind == k)[:each] for k in range(len(KINDS))], axis=1).ravel()
    images, labels = colours[turns][:, np.newaxis], kind[turns].astype(np.uint8)
    end = _TRAIN + _TEST
    return [images[:_TRAIN], labels[:_TRAIN], images[_TRAIN:end], labels[_TRAIN:end]]
