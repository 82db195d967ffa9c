"""Arrays → ``tf.data`` → superbatches. Which examples a step sees follows from (seed, step) alone.

The examples of epoch e come in the order ``permutation(seed, e)``; step s takes the positions
``s · batch_size … (s + 1) · batch_size - 1`` of all epochs laid end to end. Every batch is
therefore full, a batch may cross the end of an epoch, every epoch shows every example exactly once,
and a run resumed at step s continues with the right examples although no position is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from helper.data.datasets import Split
from helper.tensorflow_v1 import tf


class Superbatches(NamedTuple):
    """The batches of one chunk of steps, stacked.

    images: uint8 [steps, batch_size, pixels]; labels: int64 [steps, batch_size].
    steps: int32 scalar, the steps of the chunk; batches beyond it are padding.
    start: a function of (session, [(first_step, last_step), …]) that feeds the arrays and the
        schedule to the iterator; each chunk becomes one superbatch.
    """

    images: Any
    labels: Any
    steps: Any
    start: Callable[[Any, Sequence[tuple[int, int]]], None]


def permutation(examples: int, seed: Any, epoch: Any) -> Any:
    """The order of one epoch: int32 [examples]. seed and epoch: int64 scalars.

    Not ``index_shuffle``, which looks made for this: its permutations for neighbouring seeds are
    strongly correlated.
    """
    return tf.random.experimental.stateless_shuffle(
        tf.range(examples), tf.stack([seed, epoch]), alg="philox"
    )


def positions_to_examples(positions: Any, examples: int, seed: int) -> Any:
    """Indices of the examples (int32 [n]) at consecutive positions (int64 [n]) of all epochs."""
    first_epoch = positions[0] // examples
    epochs = tf.range(first_epoch, positions[-1] // examples + 1)
    seed = tf.constant(seed, tf.int64)
    orders = tf.map_fn(
        lambda epoch: permutation(examples, seed, epoch), epochs, fn_output_signature=tf.int32
    )
    return tf.gather(tf.reshape(orders, [-1]), positions - first_epoch * examples)


def superbatches(
    split: Split, batch_size: int, seed: int, padded_steps: int | None = None
) -> Superbatches:
    """Add the pipeline for one split to the current graph.

    padded_steps: pad every superbatch to this many batches, so that all have the same shape.

    The arrays are fed when the iterator starts. Constants would become part of the graph, and so
    of the event file and of every checkpoint's meta graph.
    """
    examples, pixels = split.images.shape
    with tf.name_scope("pipeline"):
        all_images = tf.placeholder(tf.uint8, [examples, pixels], "all_images")
        all_labels = tf.placeholder(tf.int64, [examples], "all_labels")
        chunks = tf.placeholder(tf.int64, [None, 2], "schedule")

        def superbatch(chunk: Any) -> tuple[Any, Any, Any]:
            steps = tf.cast(chunk[1] - chunk[0], tf.int32)
            positions = tf.range(chunk[0] * batch_size, chunk[1] * batch_size)
            indices = positions_to_examples(positions, examples, seed)
            if padded_steps:
                indices = tf.pad(indices, [[0, (padded_steps - steps) * batch_size]])
            shape = [padded_steps or -1, batch_size]
            return (
                tf.reshape(tf.gather(all_images, indices), [*shape, pixels]),
                tf.reshape(tf.gather(all_labels, indices), shape),
                steps,
            )

        # Rewriting Python's control flow, of which it has none, takes longer than anything here.
        superbatch = tf.autograph.experimental.do_not_convert(superbatch)
        dataset = tf.data.Dataset.from_tensor_slices(chunks).map(superbatch).prefetch(1)
        iterator = tf.data.make_initializable_iterator(dataset)
        images, labels, steps = iterator.get_next()

    def start(session: Any, schedule: Sequence[tuple[int, int]]) -> None:
        session.run(
            iterator.initializer,
            {
                all_images: split.images,
                all_labels: split.labels,
                chunks: np.array(schedule, np.int64).reshape(-1, 2),
            },
        )

    return Superbatches(images, labels, steps, start)
