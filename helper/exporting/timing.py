"""How long a network takes for an image."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

_SECONDS = 0.5
_FEWEST = 5


def seconds_per_image(answer: Callable[[np.ndarray], object], images: np.ndarray) -> float:
    """The fastest of many calls with all these images, divided by their number.

    The fastest, because whatever else the machine does can only add to it.
    """
    answer(images)  # the first call prepares the others
    fastest, calls, end = float("inf"), 0, time.perf_counter() + _SECONDS
    while calls < _FEWEST or time.perf_counter() < end:
        start = time.perf_counter()
        answer(images)
        fastest = min(fastest, time.perf_counter() - start)
        calls += 1
    return fastest / len(images)
