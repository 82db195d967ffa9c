"""An observer that times every node, for TensorBoard's graph: compute time and memory.

In TensorBoard, choose a tag on the graph's page, and colour the nodes by compute time or memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from helper.data.datasets import Split
from helper.graph.evaluation import BATCH_SIZE, Observation
from helper.saving.event_writer import tagged_run_metadata
from helper.tensorflow_v1 import tf


class Traces:
    """Traces one training step and one batch of an evaluation, through the readable graph.

    The training step is undone, to the bit: the run trains as if it had not been traced.
    """

    def __init__(self, every: int, eval_every: int, batch: Split) -> None:
        """every: steps between two traces; each waits for the next evaluation. batch: what the
        training step is traced on."""
        self._every, self._eval_every, self._batch = every, eval_every, batch

    def __call__(self, seen: Observation) -> Iterator[Any]:
        if seen.step % self._eval_every or seen.step % self._every >= self._eval_every:
            return
        step, inputs = seen.model.step, seen.model.inputs
        examples = Split(seen.split.images[:BATCH_SIZE], seen.split.labels[:BATCH_SIZE])
        traced = {
            "training": ([step.train_step, *step.metrics.values()], self._batch, True),
            "evaluation": ([*step.metrics.values()], examples, False),
        }
        with seen.model.graph.as_default():
            variables = tf.global_variables()
        before = seen.session.run(variables)
        for name, (fetches, split, training) in traced.items():
            feeds = {
                inputs.images: split.images,
                inputs.labels: split.labels,
                inputs.training: training,
            }
            # The first run of these nodes also prepares them, which must not be timed.
            seen.session.run(fetches, feeds)
            timing = _trace(seen.session, fetches, feeds)
            yield tagged_run_metadata()(tag=f"step {seen.step:07d}: {name}", run_metadata=timing)
            _restore(seen.session, variables, before)


def _trace(session: Any, fetches: Any, feeds: Any) -> bytes:
    """Run once; the timing of every node, a serialized ``RunMetadata``."""
    metadata = tf.RunMetadata()
    options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
    session.run(fetches, feeds, options=options, run_metadata=metadata)
    return metadata.SerializeToString()


def _restore(session: Any, variables: list[Any], values: list[np.ndarray]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.load(value, session)
