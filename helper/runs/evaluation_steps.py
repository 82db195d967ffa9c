"""After which steps a run is evaluated."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Sequence


class EvaluationSteps:
    """Step 0, every multiple of an interval, and before the first multiple a few early steps.

    every: the interval, in steps. early: the steps before it, ascending.
    """

    def __init__(self, every: int, early: Sequence[int]) -> None:
        self.every = every
        self.early = tuple(early)

    def __contains__(self, step: int) -> bool:
        return self.is_regular(step) or step in self.early

    def is_regular(self, step: int) -> bool:
        """Whether a step is a multiple of the interval; only then is there more than metrics."""
        return step % self.every == 0

    def count(self, step: int) -> int:
        """How many evaluations there are up to a step, which counts."""
        return step // self.every + 1 + bisect.bisect_right(self.early, step)

    def latest(self, step: int) -> int:
        """The step of the latest evaluation up to a step, which counts."""
        before = [early for early in self.early if early <= step]
        return max(step // self.every * self.every, *before, 0)


def early_steps(every: int) -> list[int]:
    """1, 2, 5, 10, 20, 50, … below the interval: at first a network learns more in a step."""
    steps = (digit * 10**power for power in itertools.count() for digit in (1, 2, 5))
    return list(itertools.takewhile(lambda step: step < every, steps))
