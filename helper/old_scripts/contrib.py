"""The few parts of ``tf.contrib`` that are a few lines with what TensorFlow has today."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from helper.old_scripts import old_modules, unsupported
from helper.old_scripts.import_hooks import Make
from helper.tensorflow_v1 import tf

_CELLS = (
    "RNNCell", "BasicRNNCell", "BasicLSTMCell", "LSTMCell", "GRUCell", "MultiRNNCell",
    "DropoutWrapper", "DeviceWrapper", "ResidualWrapper", "LSTMStateTuple",
)  # fmt: skip


def xavier_initializer(uniform: bool = True, seed: int | None = None, dtype: Any = None) -> Any:
    """Glorot and Bengio's initializer: variance 2 / (inputs + outputs)."""
    make = tf.glorot_uniform_initializer if uniform else tf.glorot_normal_initializer
    return make(seed=seed, dtype=dtype or tf.float32)


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
    with tf.variable_scope(scope, "fully_connected", [tensor], reuse=reuse):
        variable = {
            "dtype": tensor.dtype.base_dtype,
            "trainable": trainable,
            "collections": variables_collections
            and [tf.GraphKeys.GLOBAL_VARIABLES, *variables_collections],
        }
        size = int(tensor.get_shape()[-1])
        weights = tf.get_variable(
            "weights",
            [size, int(num_outputs)],
            initializer=weights_initializer or xavier_initializer(),
            regularizer=weights_regularizer,
            **variable,
        )
        outputs = tf.tensordot(tensor, weights, 1) if len(tensor.shape) > 2 else tensor @ weights
        if normalizer_fn is not None:
            outputs = normalizer_fn(outputs, **(normalizer_params or {}))
        elif biases_initializer is not None:
            outputs += tf.get_variable(
                "biases",
                [int(num_outputs)],
                initializer=biases_initializer,
                regularizer=biases_regularizer,
                **variable,
            )
        outputs = activation_fn(outputs) if activation_fn is not None else outputs
    if outputs_collections:
        tf.add_to_collections(outputs_collections, outputs)
    return outputs


def l2_regularizer(scale: float, scope: str | None = None) -> Callable[[Any], Any]:
    """scale · |weights|² / 2."""
    return lambda weights: tf.multiply(scale, tf.nn.l2_loss(weights), name=scope)


def modules(has_keras: bool) -> dict[str, Make]:
    """The names under which scripts import them; without Keras of version 2 there are no cells."""
    from tensorboard.plugins import projector

    layers = {
        "xavier_initializer": xavier_initializer,
        "xavier_initializer_conv2d": xavier_initializer,
        "flatten": flatten,
        "fully_connected": fully_connected,
        "l2_regularizer": l2_regularizer,
        "variance_scaling_initializer": _variance_scaling,
    }
    rnn: dict[str, Any] = {
        "static_rnn": tf.nn.static_rnn,
        "static_bidirectional_rnn": tf.nn.static_bidirectional_rnn,
    }
    rnn |= {name: _cell(name, has_keras) for name in _CELLS}
    plugins = {name: getattr(projector, name) for name in dir(projector) if name[0] != "_"}
    return old_modules.makers(
        {
            "tensorflow.contrib.layers": layers,
            "tensorflow.contrib.rnn": rnn,
            "tensorflow.contrib.data": {"Dataset": tf.data.Dataset, "Iterator": tf.data.Iterator},
            "tensorflow.contrib.tensorboard.plugins.projector": plugins,
        }
    )


def _variance_scaling(
    factor: float = 2.0, mode: str = "FAN_IN", uniform: bool = False, seed: Any = None, dtype=None
) -> Any:
    distribution = "uniform" if uniform else "truncated_normal"
    return tf.variance_scaling_initializer(
        factor, mode.lower(), distribution, seed=seed, dtype=dtype or tf.float32
    )


def _cell(name: str, has_keras: bool) -> Any:
    if has_keras:
        return getattr(tf.nn.rnn_cell, name)

    def missing(*_: Any, **__: Any) -> Any:
        raise unsupported.keras_missing(f"tf.contrib.rnn.{name}")

    return missing
