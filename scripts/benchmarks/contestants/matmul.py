"""The floor: only the matrix products of a step, on all cores at the best rate of a single one.

Two cores that share a product wait for each other, so a shared product is no floor: two whole steps
were faster than their products one after the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from helper.data.datasets import Dataset
from helper.runs.processor import cores
from helper.tensorflow_v1 import tf
from scripts.benchmarks.task import NETWORKS, History, Task, Train, matmul_shapes, step_flops

# Each product is repeated for this long in all, and the fastest trial counts.
_SECONDS = 0.1
_TRIALS = 5


def prepare(task: Task, data: Dataset) -> Train:
    """Each turn measures again, so that the floor sees the same machine as the others do.

    The process has one thread. Its rate is the best of NumPy and TensorFlow over the shapes of this
    network and of the hidden layer's, whose products are large enough to reach it.
    """
    pixels = data.train.images.shape[1]
    shapes = {
        shape
        for name in (task.network, "hidden_layer")
        for shape in matmul_shapes(NETWORKS[name], task.batch_size, pixels)
    }
    flops = step_flops(NETWORKS[task.network], task.batch_size, pixels)

    def train(steps: int) -> History:
        rate = max(matmul_rate(shape) for shape in shapes)
        nothing = np.full(steps, np.nan, np.float32)
        return History(nothing, nothing, seconds=steps * flops / (cores() * rate))

    return train


def matmul_rate(shape: tuple[int, int, int]) -> float:
    """Floating-point operations per second of one product [m, k] × [k, n] of float32."""
    m, k, n = shape
    left, right = np.ones((m, k), np.float32), np.ones((k, n), np.float32)
    out = np.empty((m, n), np.float32)
    a, b = tf.constant(left), tf.constant(right)
    fastest = min(
        _fastest(lambda: np.matmul(left, right, out=out)),
        _fastest(lambda: tf.matmul(a, b)),
    )
    return 2 * m * k * n / fastest


def _fastest(product: Callable[[], Any]) -> float:
    """Seconds of one call, in the fastest trial."""
    product()
    started = time.perf_counter()
    product()
    calls = max(1, int(_SECONDS / _TRIALS / max(time.perf_counter() - started, 1e-7)))
    trials = []
    for _ in range(_TRIALS):
        started = time.perf_counter()
        for _ in range(calls):
            product()
        trials.append((time.perf_counter() - started) / calls)
    return min(trials)
