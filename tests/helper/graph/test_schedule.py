from __future__ import annotations

import itertools

import pytest

from helper.graph.schedule import (
    MOST_BYTES,
    MOST_COMPILED_SECONDS,
    MOST_COMPILED_STEPS,
    MOST_SECONDS,
    most_steps,
    schedule,
    steps_that_fit,
    steps_to_compile,
)


@pytest.mark.parametrize(
    ("first", "last", "boundaries", "longest"),
    [(0, 30_000, [1000], 300), (0, 10, [], 1), (17, 2503, [100, 250], 64), (5, 6, [1], 9)],
)
def test_chunks_cover_every_step_once_and_end_at_boundaries(first, last, boundaries, longest):
    chunks = schedule(first, last, boundaries, longest)
    assert chunks[0][0] == first and chunks[-1][1] == last
    assert all(end == start for (_, end), (start, _) in itertools.pairwise(chunks))
    assert all(1 <= end - start <= longest for start, end in chunks)
    ends = {end for _, end in chunks}
    for every in boundaries:
        assert ends >= {step for step in range(first + 1, last + 1) if step % every == 0}


def test_chunks_between_two_boundaries_are_of_equal_length():
    lengths = {end - start for start, end in schedule(0, 1000, [1000], 300)}
    assert lengths == {250}
    lengths = {end - start for start, end in schedule(0, 1000, [1000], 301)}
    assert lengths == {250}
    assert {b - a for a, b in schedule(0, 10, [], 4)} == {3, 4}


def test_a_boundary_of_zero_is_never():
    assert schedule(0, 50, [0, 20], 100) == [(0, 20), (20, 40), (40, 50)]


def test_nothing_to_do():
    assert schedule(40, 40, [10], 5) == []


def test_chunks_of_no_steps_are_refused():
    with pytest.raises(ValueError, match="at least 1"):
        schedule(0, 10, [], 0)


def test_the_slower_limit_holds():
    assert most_steps(0.001, steps_that_fit(1)) == MOST_SECONDS * 1000
    assert most_steps(1e-9, steps_that_fit(78_400)) == MOST_BYTES // 78_400
    assert most_steps(5.0, steps_that_fit(60_000 * 784)) == 1  # a single step is never cut


def test_a_compiled_loop_may_take_longer_than_be_padded():
    assert most_steps(0.003, 50) < 50
    assert most_steps(0.003, 50, xla=True) == 50
    assert most_steps(MOST_COMPILED_SECONDS, 50, xla=True) == 1


@pytest.mark.parametrize(
    ("multiply_adds", "steps"),
    [
        (100 * 31, MOST_COMPILED_STEPS),
        (100 * 496_885, 50),
        (500 * 235_146, 21),
        (10**12, 1),
    ],
)
def test_a_compiled_loop_has_fewer_steps_the_larger_they_are(multiply_adds, steps):
    assert steps_to_compile(multiply_adds) == steps
