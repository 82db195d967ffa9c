"""Which steps train together in one ``Session.run``: plain arithmetic, without TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence

# The superbatch in use and the one being prepared each hold at most this many bytes of images.
MOST_BYTES = 16 * 2**20
# Signals are handled, and the progress bar is updated, only between two chunks.
MOST_SECONDS = 0.1


def schedule(
    first_step: int,
    last_step: int,
    boundaries: Sequence[int],
    most_steps: int,
    cuts: Sequence[int] = (),
) -> list[tuple[int, int]]:
    """Cut the steps ``first_step + 1 … last_step`` into chunks, one for each ``Session.run``.

    Args:
        first_step: the number of steps already done.
        last_step: the number of steps done at the end.
        boundaries: intervals in steps; a chunk ends at every multiple of each (0: never).
        most_steps: the most steps in one chunk, at least 1.
        cuts: single steps at which a chunk ends as well.

    Returns:
        ``(a, b)`` for every chunk: it starts after a steps and ends after b. Between two boundaries
        all chunks have the same length, give or take one step.
    """
    if most_steps < 1:
        raise ValueError(f"most_steps is {most_steps}; it must be at least 1")
    chunks: list[tuple[int, int]] = []
    step = first_step
    while step < last_step:
        ends = [(step // every + 1) * every for every in boundaries if every]
        end = min([last_step, *ends, *(cut for cut in cuts if cut > step)])
        count = -(-(end - step) // most_steps)
        steps = [step + (end - step) * i // count for i in range(count + 1)]
        chunks += zip(steps, steps[1:], strict=False)
        step = end
    return chunks


def most_steps(seconds_per_step: float, limit: int) -> int:
    """The most steps in one chunk: as many as ``MOST_SECONDS`` allows, from 1 to the limit."""
    return max(1, min(int(MOST_SECONDS / max(seconds_per_step, 1e-9)), limit))


def steps_that_fit(bytes_per_step: int) -> int:
    """The most steps whose images fit into one superbatch, at least 1."""
    return max(1, MOST_BYTES // bytes_per_step)
