"""The points of a curve of which nobody knows beforehand how many there will be.

Up to 1,000 points there is one for every step; then a point is the mean of 2, 5, 10, 20, … steps,
so that a long curve costs no more than a short one.
"""

from __future__ import annotations

_EVERY_POINT = 1_000


class Curve:
    """The points of one curve that are not written yet, and the mean of the numbers since.

    Numbers of one step are one number, their mean: an evaluation may be made in batches.
    """

    def __init__(self) -> None:
        self.points: list[tuple[int, float]] = []
        self._step = -1
        self._steps = self._numbers = self._count = 0
        self._sum = 0.0
        self._every = 1

    def add(self, step: int | None, value: float) -> None:
        """step: None where nothing was trained yet; the numbers are then counted."""
        if step is None:
            step = self._step + 1
        if step != self._step:
            if self._steps >= self._every:
                self.end_point()
            self._step = step
            self._steps += 1
        self._sum += value
        self._numbers += 1

    def end_point(self) -> None:
        """Make a point of what has come since the last one."""
        if not self._numbers:
            return
        self.points.append((self._step, self._sum / self._numbers))
        self._sum, self._steps, self._numbers = 0.0, 0, 0
        self._count += 1
        if self._count >= _EVERY_POINT:
            self._count //= 2
            self._every = self._every * 5 // 2 if str(self._every)[0] == "2" else self._every * 2

    def untrained(self) -> None:
        """What was counted until now was all at step 0."""
        self.end_point()
        if self.points:
            values = [value for _, value in self.points]
            self.points = [(0, sum(values) / len(values))]
            self._step = 0
