"""Variables whose initial values depend only on the graph's seed and their own name.

With TensorFlow's own graph-level seed an operation's random numbers depend on how many random
operations (in 1.x: operations) were created before it, so a line added above a variable changes
where training starts, and two experiments never start from the same weights. Here they do.
"""

from __future__ import annotations

import hashlib
import math
import secrets
from collections.abc import Callable, Sequence
from typing import Any

from helper.tensorflow_v1 import tf


def weight_variable(
    shape: Sequence[int], name: str | None = None, initializer: str | float = "glorot"
) -> Any:
    """A float32 variable of the given shape for a layer's weights.

    Args:
        shape: the variable's shape; the last two dimensions are a layer's inputs and outputs.
        name: its name inside the current scope.
        initializer: ``"glorot"``, ``"he"`` or ``"zeros"``, or a number: the standard deviation of
            a normal distribution around 0.

    ``glorot`` is uniform on ±sqrt(6 / (inputs + outputs)), Glorot & Bengio 2010, equation 16, what
    TensorFlow 1.13 uses by default; ``he`` is normal with standard deviation sqrt(2 / inputs),
    He et al. 2015, equation 10, meant for ReLU.

    Random values differ in each process unless ``tf.set_random_seed`` was called.
    """
    return _variable(shape, name or "weight", _initializer(initializer, *_connections(shape)))


def bias_variable(shape: Sequence[int], name: str | None = None) -> Any:
    """A float32 variable of the given shape, initially zero."""
    return _variable(shape, name or "bias", _initializer("zeros"))


def prewitt_filter() -> Any:
    """A constant float32 kernel [3, 3, 1, 2] for ``tf.nn.conv2d``: horizontal and vertical edges.

    Output channel 0 is the left column minus the right one, channel 1 the upper row minus the
    lower one (Prewitt, "Object enhancement and extraction", 1970).
    """
    left_minus_right = [[1.0, 0.0, -1.0]] * 3
    upper_minus_lower = [list(column) for column in zip(*left_minus_right, strict=True)]
    kernel = [
        [[[horizontal, vertical]] for horizontal, vertical in zip(*rows, strict=True)]
        for rows in zip(left_minus_right, upper_minus_lower, strict=True)
    ]
    return tf.constant(kernel, tf.float32, name="prewitt_filter")


def _variable(shape: Sequence[int], name: str, draw: Callable[..., Any]) -> Any:
    """The existing variable where the scope reuses variables, otherwise a new one.

    Outside such a scope it is a plain ``tf.Variable``, as version 1 code expects: it belongs to the
    current name scope, and a name that is already in use gets a number.
    """
    scope = tf.get_variable_scope()
    if scope.reuse:
        key = _key(f"{scope.name}/{name}")
        return tf.get_variable(
            name, shape, tf.float32, initializer=lambda shape, **_: draw(shape, key)
        )
    key = _key(tf.get_default_graph().unique_name(name, mark_as_used=False))
    return tf.Variable(lambda: draw(shape, key), name=name)


def _key(variable_name: str) -> list[int]:
    """The seed of a stateless random operation: the graph's seed and a hash of the name."""
    seed = tf.get_default_graph().seed
    if seed is None:
        seed = secrets.randbits(31)
    return [seed, int.from_bytes(hashlib.sha256(variable_name.encode()).digest()[:4], "big") >> 1]


def _connections(shape: Sequence[int]) -> tuple[int, int]:
    """Connections into and out of one unit; a convolution counts every position of its kernel."""
    if len(shape) < 2:
        return math.prod(shape), math.prod(shape)
    positions = math.prod(shape[:-2])
    return positions * shape[-2], positions * shape[-1]


def _initializer(initializer: str | float, inputs: int = 0, outputs: int = 0) -> Callable[..., Any]:
    def normal(stddev: float) -> Callable[..., Any]:
        return lambda shape, key: tf.random.stateless_normal(shape, key, stddev=stddev)

    if isinstance(initializer, (int, float)):
        return normal(initializer)
    if initializer == "he":
        return normal(math.sqrt(2.0 / inputs))
    if initializer == "glorot":
        limit = math.sqrt(6.0 / (inputs + outputs))
        return lambda shape, key: tf.random.stateless_uniform(shape, key, -limit, limit)
    if initializer == "zeros":
        return lambda shape, key: tf.zeros(shape)
    raise ValueError(f"initializer is {initializer!r}; choose glorot, he, zeros, or a number")
