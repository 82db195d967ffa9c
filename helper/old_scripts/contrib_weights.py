"""``tf.contrib.layers``: initializers and regularizers of weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from helper.tensorflow_v1 import tf


def xavier_initializer(uniform: bool = True, seed: int | None = None, dtype: Any = None) -> Any:
    """Glorot and Bengio's initializer: variance 2 / (inputs + outputs)."""
    make = tf.glorot_uniform_initializer if uniform else tf.glorot_normal_initializer
    return make(seed=seed, dtype=dtype or tf.float32)


def variance_scaling_initializer(
    factor: float = 2.0, mode: str = "FAN_IN", uniform: bool = False, seed: Any = None, dtype=None
) -> Any:
    """He and others' initializer by default: variance 2 / inputs."""
    distribution = "uniform" if uniform else "truncated_normal"
    return tf.variance_scaling_initializer(
        factor, mode.lower(), distribution, seed=seed, dtype=dtype or tf.float32
    )


def l1_regularizer(scale: float, scope: str | None = None) -> Callable[[Any], Any]:
    """scale · |weights|, summed."""
    return lambda weights: tf.multiply(scale, tf.reduce_sum(tf.abs(weights)), name=scope)


def l2_regularizer(scale: float, scope: str | None = None) -> Callable[[Any], Any]:
    """scale · |weights|² / 2."""
    return lambda weights: tf.multiply(scale, tf.nn.l2_loss(weights), name=scope)
