"""Many training steps in one ``Session.run``: the experiment's graph in a ``tf.while_loop``.

The loop shares variables and optimizer slots with the readable copy of the graph, and gives the
same bits as single steps. It saves the time between steps: fetching, feeding, Python.

XLA can compile the whole loop. It joins the operations between two matrix products into one and
chooses other kernels, so results differ from those of single steps in the last bits.
"""

from __future__ import annotations

import functools
import re
import statistics
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from helper.data.datasets import Split
from helper.errors import printable
from helper.graph.model import Model
from helper.graph.pipeline import Superbatches, superbatches
from helper.graph.schedule import most_steps, schedule, steps_that_fit, steps_to_compile
from helper.tensorflow_v1 import tf

# The time of a step is measured on this many chunks at the start.
_TIMED_CHUNKS = 10


class FusedSteps:
    """The training loop of a model over one split, added to the model's graph.

    xla: whether XLA compiles the loop.
    seconds: the time spent in the loop so far.
    """

    def __init__(
        self, model: Model, split: Split, batch_size: int, seed: int, xla: bool = False
    ) -> None:
        self.seconds = 0.0
        self.xla = xla
        self._limit = steps_that_fit(batch_size * split.images.shape[1])
        if xla:
            self._limit = min(self._limit, steps_to_compile(model.multiply_adds(batch_size)))
        with model.graph.as_default():
            self._batches = superbatches(split, batch_size, seed, self._limit if xla else None)
            self._histories = _loop(model, self._batches, xla)

    def compile(self, session: Any) -> str | None:
        """Let XLA compile the loop, by training no step. Returns what it cannot compile, if any."""
        images, labels, steps, _ = self._batches
        padding = [np.zeros(t.shape, t.dtype.as_numpy_dtype) for t in (images, labels)]
        try:
            session.make_callable(self._histories, [images, labels, steps])(*padding, 0)
        except (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError) as error:
            return _obstacle(error.message)
        return None

    def run(
        self,
        session: Any,
        first_step: int,
        last_step: int,
        boundaries: Sequence[int],
        cuts: Sequence[int] = (),
    ) -> Iterator[dict[str, np.ndarray]]:
        """Run the steps ``first_step + 1 … last_step``, a chunk at a time.

        Yields:
            for each chunk the value of every metric at every step, float32 [steps]. A chunk ends
            at every multiple of each boundary and at each of the cuts, and takes about 0.1 s at
            most, or 0.3 s if XLA compiled the loop.
        """
        train = session.make_callable(self._histories)

        def run_chunks(chunks: Sequence[tuple[int, int]]) -> Iterator[dict[str, np.ndarray]]:
            if chunks:
                self._batches.start(session, chunks)
            times.clear()
            for first, last in chunks:
                started = time.monotonic()
                values = train()
                seconds = time.monotonic() - started
                times.append(seconds / (last - first))
                self.seconds += seconds
                yield values

        times: list[float] = []  # seconds per step, for each chunk of the latest schedule
        step, longest = first_step, 1
        # Calling a compiled loop costs more than a step, which only longer chunks can reveal.
        for _ in range(2 if self.xla else 1):
            end = min(step + _TIMED_CHUNKS * longest, last_step)
            yield from run_chunks(schedule(step, end, boundaries, longest, cuts))
            if end == last_step:
                return
            step, longest = end, most_steps(statistics.median(times), self._limit, self.xla)
        yield from run_chunks(schedule(step, last_step, boundaries, longest, cuts))


def _obstacle(message: str) -> str:
    """The operation that XLA names in an error message, otherwise the message's first line."""
    named = re.search(r"(\w+) \(No registered '\w+' OpKernel", message)
    return named[1] if named else printable(message.partition("\n")[0])


def _loop(model: Model, batches: Superbatches, xla: bool) -> dict[str, Any]:
    """Train one step for each batch of a superbatch.

    Returns:
        the history of every metric: float32 [steps]. Fetching them runs the loop.
    """
    train = functools.partial(_train, model)
    if xla:
        train = tf.function(train, jit_compile=True, autograph=False)
    with tf.name_scope("fused_steps"):
        histories = train(batches.images, batches.labels, batches.steps)
        histories = [history[: batches.steps] for history in histories]
    return dict(zip(model.step.metrics, histories, strict=True))


def _train(model: Model, images: Any, labels: Any, steps: Any) -> list[Any]:
    """The loop over the first ``steps`` batches. Returns float32 [batches] for every metric."""

    def train_one_step(index: Any, *histories: Any) -> list[Any]:
        # Graph-construction time: called once, and reuses every variable of the readable copy.
        step = model.build_again(
            model.inputs._replace(
                images=images[index], labels=labels[index], training=tf.constant(True)
            )
        )
        # Without this dependency the update would be pruned, or the next step start before it.
        with tf.control_dependencies([step.train_step]):
            next_index = index + 1
        values = step.metrics.values()
        return [next_index, *(h.write(index, v) for h, v in zip(histories, values, strict=True))]

    batches = tf.shape(images)[0]
    _, *histories = tf.while_loop(
        lambda index, *_: index < steps,
        train_one_step,
        [0, *(tf.TensorArray(tf.float32, batches) for _ in model.step.metrics)],
        parallel_iterations=1,
    )
    return [history.stack() for history in histories]
