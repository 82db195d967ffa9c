"""Which split a script feeds: the test images, the validation images, or others."""

from __future__ import annotations

from typing import Any

import numpy as np

_MOST = 8  # sets of data that are remembered


class Fed:
    """Knows MNIST's images as the script got them, and finds them again in what it feeds."""

    def __init__(self) -> None:
        self._known: list[tuple[str, Any]] = []

    def know(self, split: str, data: Any) -> None:
        """data: its ``images`` are the ones of this split, in any order."""
        self._known = [*self._known, (split, data)][-_MOST:]

    def split(self, feed: dict[Any, Any]) -> str:
        """The split whose images, all or a part of them, are fed; "train" for any others."""
        for value in feed.values():
            if isinstance(value, np.ndarray) and value.ndim > 1:
                owner = _owner(value)
                for split, data in self._known:
                    if owner is _owner(data.images):
                        return split
        return "train"


def _owner(array: np.ndarray) -> Any:
    """The array that owns the memory of this one."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array
