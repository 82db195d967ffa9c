"""``tf.contrib.layers``: the few layers that are a few lines with what TensorFlow has today."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from helper.old_scripts import unsupported
from helper.old_scripts.contrib_batch_norm import batch_norm
from helper.old_scripts.contrib_weights import (
    l1_regularizer,
    l2_regularizer,
    variance_scaling_initializer,
    xavier_initializer,
)
from helper.tensorflow_v1 import tf


def flatten(inputs: Any, outputs_collections: Any = None, scope: str | None = None) -> Any:
    """[batch, …] as [batch, features]."""
    tensor = tf.convert_to_tensor(inputs)
    with tf.name_scope(scope, "Flatten", [tensor]):
        size = tensor.get_shape()[1:].num_elements()
        flat = tf.reshape(tensor, [-1, size] if size is not None else [tf.shape(tensor)[0], -1])
    if outputs_collections:
        tf.add_to_collections(outputs_collections, flat)
    return flat


def fully_connected(
    inputs: Any,
    num_outputs: int,
    activation_fn: Callable[..., Any] | None = tf.nn.relu,
    normalizer_fn: Callable[..., Any] | None = None,
    normalizer_params: dict[str, Any] | None = None,
    weights_initializer: Any = None,
    weights_regularizer: Any = None,
    biases_initializer: Any = tf.zeros_initializer(),  # noqa: B008 - as in contrib; None: no biases
    biases_regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    scope: str | None = None,
) -> Any:
    """A layer of ``num_outputs`` units on the last axis, ReLUs if nothing else is said."""
    tensor = tf.convert_to_tensor(inputs)
    variable = _variables(tensor, trainable, variables_collections)
    with tf.variable_scope(scope, "fully_connected", [tensor], reuse=reuse):
        weights = tf.get_variable(
            "weights",
            [int(tensor.get_shape()[-1]), int(num_outputs)],
            initializer=weights_initializer or xavier_initializer(),
            regularizer=weights_regularizer,
            **variable,
        )
        outputs = tf.tensordot(tensor, weights, 1) if len(tensor.shape) > 2 else tensor @ weights
        if normalizer_fn is not None:
            outputs = normalizer_fn(outputs, **(normalizer_params or {}))
        elif biases_initializer is not None:
            outputs += _biases(num_outputs, biases_initializer, biases_regularizer, variable)
        outputs = activation_fn(outputs) if activation_fn is not None else outputs
    return _collected(outputs, outputs_collections)


def conv2d(
    inputs: Any,
    num_outputs: int,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] = 1,
    padding: str = "SAME",
    data_format: str | None = None,
    rate: int | Sequence[int] = 1,
    activation_fn: Callable[..., Any] | None = tf.nn.relu,
    normalizer_fn: Callable[..., Any] | None = None,
    normalizer_params: dict[str, Any] | None = None,
    weights_initializer: Any = None,
    weights_regularizer: Any = None,
    biases_initializer: Any = tf.zeros_initializer(),  # noqa: B008 - as in contrib; None: no biases
    biases_regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    scope: str | None = None,
) -> Any:
    """``num_outputs`` filters on images [batch, height, width, channels], ReLUs by default."""
    _only_channels_last(data_format)
    tensor = tf.convert_to_tensor(inputs)
    variable = _variables(tensor, trainable, variables_collections)
    with tf.variable_scope(scope, "Conv", [tensor], reuse=reuse):
        weights = tf.get_variable(
            "weights",
            [*_pair(kernel_size), int(tensor.get_shape()[-1]), int(num_outputs)],
            initializer=weights_initializer or xavier_initializer(),
            regularizer=weights_regularizer,
            **variable,
        )
        steps, holes = [1, *_pair(stride), 1], [1, *_pair(rate), 1]
        outputs = tf.nn.conv2d(tensor, weights, steps, padding.upper(), dilations=holes)
        if normalizer_fn is not None:
            outputs = normalizer_fn(outputs, **(normalizer_params or {}))
        elif biases_initializer is not None:
            outputs += _biases(num_outputs, biases_initializer, biases_regularizer, variable)
        outputs = activation_fn(outputs) if activation_fn is not None else outputs
    return _collected(outputs, outputs_collections)


def max_pool2d(
    inputs: Any,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] = 2,
    padding: str = "VALID",
    data_format: str | None = None,
    outputs_collections: Any = None,
    scope: str | None = None,
) -> Any:
    """The largest of each window of images [batch, height, width, channels]."""
    return _pooled(
        tf.nn.max_pool, "MaxPool2D", inputs, kernel_size, stride, padding, data_format,
        outputs_collections, scope,
    )  # fmt: skip


def avg_pool2d(
    inputs: Any,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] = 2,
    padding: str = "VALID",
    data_format: str | None = None,
    outputs_collections: Any = None,
    scope: str | None = None,
) -> Any:
    """The mean of each window of images [batch, height, width, channels]."""
    return _pooled(
        tf.nn.avg_pool, "AvgPool2D", inputs, kernel_size, stride, padding, data_format,
        outputs_collections, scope,
    )  # fmt: skip


def dropout(
    inputs: Any,
    keep_prob: Any = 0.5,
    noise_shape: Any = None,
    is_training: Any = True,
    outputs_collections: Any = None,
    scope: str | None = None,
    seed: int | None = None,
) -> Any:
    """Keeps each number with probability ``keep_prob`` while training, scaled to the same mean.

    is_training: a bool, or a tensor of one.
    """
    tensor = tf.convert_to_tensor(inputs)

    def dropped() -> Any:
        return tf.nn.dropout(tensor, rate=1 - keep_prob, noise_shape=noise_shape, seed=seed)

    with tf.name_scope(scope, "Dropout", [tensor]):
        known = tf.get_static_value(is_training) if tf.is_tensor(is_training) else is_training
        if known is None:
            outputs = tf.cond(is_training, dropped, lambda: tf.identity(tensor))
        else:
            outputs = dropped() if known else tf.identity(tensor)
    return _collected(outputs, outputs_collections)


def _variables(tensor: Any, trainable: bool, collections: Any) -> dict[str, Any]:
    """What a layer's variables have in common."""
    return {
        "dtype": tensor.dtype.base_dtype,
        "trainable": trainable,
        "collections": collections and [tf.GraphKeys.GLOBAL_VARIABLES, *collections],
    }


def _biases(size: int, initializer: Any, regularizer: Any, variable: dict[str, Any]) -> Any:
    return tf.get_variable(
        "biases", [int(size)], initializer=initializer, regularizer=regularizer, **variable
    )


def _pooled(
    pool: Callable[..., Any],
    name: str,
    inputs: Any,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int],
    padding: str,
    data_format: str | None,
    collections: Any,
    scope: str | None,
) -> Any:
    _only_channels_last(data_format)
    tensor = tf.convert_to_tensor(inputs)
    with tf.name_scope(scope, name, [tensor]):
        window, steps = [1, *_pair(kernel_size), 1], [1, *_pair(stride), 1]
        return _collected(pool(tensor, window, steps, padding.upper()), collections)


def _pair(size: int | Sequence[int]) -> list[int]:
    """[height, width] of a window; one number stands for both."""
    return [int(size)] * 2 if isinstance(size, (int, np.integer)) else [int(one) for one in size]


def _collected(outputs: Any, collections: Any) -> Any:
    if collections:
        tf.add_to_collections(collections, outputs)
    return outputs


def _only_channels_last(data_format: str | None) -> None:
    if data_format not in (None, "NHWC"):
        raise unsupported.Unsupported(
            f"data_format={data_format!r} of tf.contrib.layers", "only NHWC is here"
        )


# The names under which scripts find them.
NAMES = {
    "xavier_initializer": xavier_initializer,
    "xavier_initializer_conv2d": xavier_initializer,
    "variance_scaling_initializer": variance_scaling_initializer,
    "flatten": flatten,
    "fully_connected": fully_connected,
    "linear": functools.partial(fully_connected, activation_fn=None),
    "relu": fully_connected,
    "conv2d": conv2d,
    "convolution2d": conv2d,
    "max_pool2d": max_pool2d,
    "avg_pool2d": avg_pool2d,
    "dropout": dropout,
    "batch_norm": batch_norm,
    "l1_regularizer": l1_regularizer,
    "l2_regularizer": l2_regularizer,
}
