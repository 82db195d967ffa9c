"""Which steps train together in one ``Session.run``: plain arithmetic, without TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence

# The superbatch in use and the one being prepared each hold at most this many bytes of images.
MOST_BYTES = 16 * 2**20
# Signals are handled, and the progress bar is updated, only between two chunks.
MOST_SECONDS = 0.1
# XLA compiles a loop for superbatches of one number of steps. Shorter ones are padded, which takes
# time: on a slow machine, rather let a chunk take longer.
MOST_COMPILED_SECONDS = 0.3
# If that number followed from the time of a step, so would the last bits of the results. It follows
# from the multiply-adds of the forward pass, of which these take a core or two 0.05 to 0.1 s.
COMPILED_MULTIPLY_ADDS = 2_500_000_000
MOST_COMPILED_STEPS = 100  # more save no time


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


def most_steps(seconds_per_step: float, limit: int, xla: bool = False) -> int:
    """The most steps in one chunk: as many as the time allows, from 1 to the limit.

    xla: whether the loop is compiled.
    """
    seconds = MOST_COMPILED_SECONDS if xla else MOST_SECONDS
    return max(1, min(int(seconds / max(seconds_per_step, 1e-9)), limit))


def steps_to_compile(multiply_adds: int) -> int:
    """How many steps a compiled loop is compiled for.

    multiply_adds: those of the forward pass of one step.
    """
    return max(1, min(COMPILED_MULTIPLY_ADDS // multiply_adds, MOST_COMPILED_STEPS))


def steps_that_fit(bytes_per_step: int) -> int:
    """The most steps whose images fit into one superbatch, at least 1."""
    return max(1, MOST_BYTES // bytes_per_step)
