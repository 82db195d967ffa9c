"""``tf.contrib.layers.batch_norm``: that of ``tf.layers``, under its older names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from helper.old_scripts import unsupported, version1
from helper.tensorflow_v1 import tf


def batch_norm(
    inputs: Any,
    decay: float = 0.999,
    center: bool = True,
    scale: bool = False,
    epsilon: float = 0.001,
    activation_fn: Callable[..., Any] | None = None,
    param_initializers: Any = None,
    param_regularizers: Any = None,
    updates_collections: Any = tf.GraphKeys.UPDATE_OPS,
    is_training: Any = True,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    batch_weights: Any = None,
    fused: bool | None = None,
    data_format: str = "NHWC",
    zero_debias_moving_mean: bool = False,
    scope: str | None = None,
) -> Any:
    """Batch normalization on the last axis (Ioffe and Szegedy, 2015).

    is_training: a bool or a tensor of one. updates_collections: where the updates of the moving
    averages go; None makes the outputs wait for them. Raises Unsupported for what is not here.
    """
    other = (param_initializers, param_regularizers, variables_collections, batch_weights)
    if any(other) or zero_debias_moving_mean or data_format not in (None, "NHWC"):
        raise unsupported.Unsupported(
            "an argument of tf.contrib.layers.batch_norm", "tf.layers.batch_normalization has none"
        )
    if not version1.has_keras():
        raise unsupported.keras_missing("tf.contrib.layers.batch_norm")
    tensor = tf.convert_to_tensor(inputs)
    with tf.variable_scope(scope, "BatchNorm", [tensor], reuse=reuse) as made:
        layer = tf.layers.BatchNormalization(
            momentum=decay,
            epsilon=epsilon,
            center=center,
            scale=scale,
            trainable=trainable,
            fused=fused,
            name=made.name,
            _scope=made,
            _reuse=reuse,
        )
        outputs = layer.apply(tensor, training=is_training)
        if updates_collections is None:
            with tf.control_dependencies(layer.updates):
                outputs = tf.identity(outputs)
        elif updates_collections != tf.GraphKeys.UPDATE_OPS:
            for update in layer.updates:
                tf.add_to_collections(updates_collections, update)
        outputs = activation_fn(outputs) if activation_fn is not None else outputs
    if outputs_collections:
        tf.add_to_collections(outputs_collections, outputs)
    return outputs
