"""Means over intervals of steps, computed from the values of the single steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from helper.saving.checkpoint_files import Interval


class IntervalMeans:
    """The mean of each metric over the steps since the last multiple of ``every``.

    The sums are float64 and grow step by step, so they depend neither on how the steps were cut
    into chunks nor on whether the run was resumed in between.
    """

    def __init__(self, every: int, open_interval: Interval | None = None) -> None:
        """open_interval: where to continue; it is kept up to date, for a checkpoint to store."""
        self._every = every
        self._open = open_interval or Interval()

    def add(
        self, step: int, values: Mapping[str, np.ndarray]
    ) -> Iterator[tuple[int, dict[str, float]]]:
        """Take the values of the steps ``step + 1 …`` (float32 [steps] for each metric).

        Yields:
            (step, {metric: mean}) for every interval that ends among them.
        """
        last_step = step + len(next(iter(values.values())))
        taken = 0
        while step < last_step:
            end = min((step // self._every + 1) * self._every, last_step)
            for name, column in values.items():
                part = column[taken : taken + end - step].astype(np.float64)
                part[0] += self._open.sums.get(name, 0.0)
                # np.sum adds in pairs, so its result would depend on where the chunks end.
                self._open.sums[name] = float(part.cumsum()[-1])
            self._open.count += end - step
            taken += end - step
            step = end
            if step % self._every == 0:
                yield step, self.finish()

    @property
    def count(self) -> int:
        """The steps of the interval that is still open."""
        return self._open.count

    def finish(self) -> dict[str, float]:
        """Close the open interval and return its means."""
        means = {name: total / self._open.count for name, total in self._open.sums.items()}
        self._open.count, self._open.sums = 0, {}
        return means
