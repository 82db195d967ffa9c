from __future__ import annotations

import itertools

import numpy as np
import pytest

from helper.data.datasets import Split
from helper.graph.pipeline import permutation, superbatches
from helper.tensorflow_v1 import tf


def numbered(examples: int) -> Split:
    """Examples whose labels are their indices, and whose two pixels tell the index as well."""
    index = np.arange(examples)
    images = np.stack([index % 256, index // 256], axis=1).astype(np.uint8)
    return Split(images, index.astype(np.int64))


def batches(
    split: Split,
    batch_size: int,
    seed: int,
    schedule: list[tuple[int, int]],
    padded_steps: int | None = None,
) -> list:
    """The labels of every step, [batch_size] each, after a look at the images."""
    with tf.Graph().as_default(), tf.Session() as session:
        pipeline = superbatches(split, batch_size, seed, padded_steps)
        pipeline.start(session, schedule)
        found = []
        for first, last in schedule:
            images, labels, steps = session.run([pipeline.images, pipeline.labels, pipeline.steps])
            assert steps == last - first
            assert images.dtype == np.uint8 and labels.dtype == np.int64
            assert images.shape == (padded_steps or steps, batch_size, 2)
            assert np.array_equal(images[..., 0] + 256 * images[..., 1].astype(int), labels)
            found += list(labels[:steps])
        with pytest.raises(tf.errors.OutOfRangeError):
            session.run(pipeline.images)
    return found


@pytest.mark.parametrize(
    ("examples", "batch_size"), [(60, 20), (50, 20), (7, 3), (20, 20), (1, 1), (300, 7)]
)
def test_every_example_exactly_once_per_epoch(examples, batch_size):
    epochs = 4
    steps = -(-epochs * examples // batch_size)
    found = np.concatenate(batches(numbered(examples), batch_size, 3, [(0, steps)]))
    assert len(found) == steps * batch_size  # every batch is full
    for epoch in range(epochs):
        seen = found[epoch * examples : (epoch + 1) * examples]
        assert sorted(seen) == list(range(examples))


def test_any_cutting_and_any_start_give_the_same_batches():
    split = numbered(50)
    whole = batches(split, 20, 5, [(0, 12)])
    assert np.array_equal(batches(split, 20, 5, [(s, s + 1) for s in range(12)]), whole)
    assert np.array_equal(batches(split, 20, 5, [(0, 1), (1, 8), (8, 12)]), whole)
    assert np.array_equal(batches(split, 20, 5, [(7, 12)]), whole[7:])
    assert np.array_equal(batches(split, 20, 5, [(0, 1), (1, 8), (8, 12)], 9), whole)


def test_steps_far_away_are_reached_at_once():
    (far,) = batches(numbered(60), 20, 0, [(10**9, 10**9 + 1)])
    assert len(set(far)) == 20


def test_seeds_and_epochs_have_orders_of_their_own():
    """Ranks of independent permutations of n have a correlation of 0 ± 1 / sqrt(n - 1)."""
    n = 4000
    with tf.Graph().as_default(), tf.Session() as session:
        keys = list(itertools.product((0, 1, 2), (0, 1, 2)))
        orders = session.run([permutation(n, np.int64(seed), np.int64(e)) for seed, e in keys])
    for one, other in itertools.combinations(orders, 2):
        assert abs(np.corrcoef(one, other)[0, 1]) < 5 / np.sqrt(n - 1)
        assert np.mean(one == other) < 0.01
        # Not the same cycle begun elsewhere either.
        assert np.mean(np.diff(one) == np.diff(other)) < 0.01
    for order in orders:
        assert sorted(order) == list(range(n))
        assert abs(np.corrcoef(order, np.arange(n))[0, 1]) < 5 / np.sqrt(n - 1)


def test_arrays_are_fed_and_not_in_the_graph():
    with tf.Graph().as_default() as graph:
        superbatches(numbered(50_000), 100, 0)
        assert graph.as_graph_def().ByteSize() < 50_000
