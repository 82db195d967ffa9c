"""Which steps run together in one ``Session.run``: plain arithmetic, without TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence

# One superbatch of images, and one more that is being prepared, stay below this many bytes each.
MOST_BYTES = 16 * 2**20
# A signal is answered between two Session.runs, and the progress bar moves then.
MOST_SECONDS = 0.1


def schedule(
    first_step: int, last_step: int, boundaries: Sequence[int], most_steps: int
) -> list[tuple[int, int]]:
    """Cut the steps ``first_step + 1 … last_step`` into runs.

    Args:
        first_step: the number of steps already done.
        last_step: the number of steps done at the end.
        boundaries: intervals in steps; a run ends at every multiple of each (0: never).
        most_steps: the most steps in one run, at least 1.

    Returns:
        ``(a, b)`` for every run: it starts after a steps and ends after b. Between two boundaries
        the runs are of equal length, give or take one step.
    """
    if most_steps < 1:
        raise ValueError(f"most_steps is {most_steps}; it must be at least 1")
    runs: list[tuple[int, int]] = []
    step = first_step
    while step < last_step:
        end = min([last_step, *((step // every + 1) * every for every in boundaries if every)])
        pieces = -(-(end - step) // most_steps)
        cuts = [step + (end - step) * piece // pieces for piece in range(pieces + 1)]
        runs += zip(cuts, cuts[1:], strict=False)
        step = end
    return runs


def most_steps(seconds_per_step: float, limit: int) -> int:
    """The most steps that one run may take: what time allows, at least 1, at most the limit."""
    return max(1, min(int(MOST_SECONDS / max(seconds_per_step, 1e-9)), limit))


def steps_that_fit(bytes_per_step: int) -> int:
    """The most steps whose images fit into one superbatch, but at least one."""
    return max(1, MOST_BYTES // bytes_per_step)
