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
    return _collected(flat, outputs_collections)


def fully_connected(inputs: Any, num_outputs: int, *arguments: Any, **named: Any) -> Any:
    """A layer of ``num_outputs`` units on the last axis; see ``_layer`` for the other arguments."""
    tensor = tf.convert_to_tensor(inputs)

    def product(weights: Any) -> Any:
        return tf.tensordot(tensor, weights, 1) if len(tensor.shape) > 2 else tensor @ weights

    shape = [int(tensor.get_shape()[-1]), int(num_outputs)]
    return _layer("fully_connected", tensor, shape, product, *arguments, **named)


def conv2d(
    inputs: Any,
    num_outputs: int,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] = 1,
    padding: str = "SAME",
    data_format: str | None = None,
    rate: int | Sequence[int] = 1,
    *arguments: Any,
    **named: Any,
) -> Any:
    """``num_outputs`` filters on images [batch, height, width, channels]; see ``_layer``."""
    _only_channels_last(data_format)
    tensor = tf.convert_to_tensor(inputs)
    steps, holes = [1, *_pair(stride), 1], [1, *_pair(rate), 1]

    def product(weights: Any) -> Any:
        return tf.nn.conv2d(tensor, weights, steps, padding.upper(), dilations=holes)

    shape = [*_pair(kernel_size), int(tensor.get_shape()[-1]), int(num_outputs)]
    return _layer("Conv", tensor, shape, product, *arguments, **named)


def _layer(
    default_name: str,
    tensor: Any,
    shape: Sequence[int],
    product: Callable[[Any], Any],
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
    """What layers with weights share; the arguments from ``activation_fn`` on are those of contrib.

    shape: of the weights, units last. product: of the layer's inputs with them. A normalizer takes
    the place of the biases.
    """
    variable = {
        "dtype": tensor.dtype.base_dtype,
        "trainable": trainable,
        "collections": variables_collections
        and [tf.GraphKeys.GLOBAL_VARIABLES, *variables_collections],
    }
    with tf.variable_scope(scope, default_name, [tensor], reuse=reuse):
        weights = tf.get_variable(
            "weights",
            shape,
            initializer=weights_initializer or xavier_initializer(),
            regularizer=weights_regularizer,
            **variable,
        )
        outputs = product(weights)
        if normalizer_fn is not None:
            outputs = normalizer_fn(outputs, **(normalizer_params or {}))
        elif biases_initializer is not None:
            outputs += tf.get_variable(
                "biases",
                shape[-1:],
                initializer=biases_initializer,
                regularizer=biases_regularizer,
                **variable,
            )
        outputs = activation_fn(outputs) if activation_fn is not None else outputs
    return _collected(outputs, outputs_collections)


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


def _pooled(
    pool: Callable[..., Any],
    name: str,
    inputs: Any,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] = 2,
    padding: str = "VALID",
    data_format: str | None = None,
    outputs_collections: Any = None,
    scope: str | None = None,
) -> Any:
    """One number for each window of images [batch, height, width, channels]."""
    _only_channels_last(data_format)
    tensor = tf.convert_to_tensor(inputs)
    with tf.name_scope(scope, name, [tensor]):
        window, steps = [1, *_pair(kernel_size), 1], [1, *_pair(stride), 1]
        return _collected(pool(tensor, window, steps, padding.upper()), outputs_collections)


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
    "max_pool2d": functools.partial(_pooled, tf.nn.max_pool, "MaxPool2D"),
    "avg_pool2d": functools.partial(_pooled, tf.nn.avg_pool, "AvgPool2D"),
    "dropout": dropout,
    "batch_norm": batch_norm,
    "l1_regularizer": l1_regularizer,
    "l2_regularizer": l2_regularizer,
}
