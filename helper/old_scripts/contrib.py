"""The few parts of ``tf.contrib`` that are a few lines with what TensorFlow has today."""

from __future__ import annotations

from typing import Any

from helper.old_scripts import contrib_layers, old_modules, unsupported
from helper.old_scripts.import_hooks import Make
from helper.tensorflow_v1 import tf

_CELLS = (
    "RNNCell", "BasicRNNCell", "BasicLSTMCell", "LSTMCell", "GRUCell", "MultiRNNCell",
    "DropoutWrapper", "DeviceWrapper", "ResidualWrapper", "LSTMStateTuple",
)  # fmt: skip


def modules(has_keras: bool) -> dict[str, Make]:
    """The names under which scripts import them; without Keras of version 2 there are no cells."""
    from tensorboard.plugins import projector

    rnn: dict[str, Any] = {
        "static_rnn": tf.nn.static_rnn,
        "static_bidirectional_rnn": tf.nn.static_bidirectional_rnn,
    }
    rnn |= {name: _cell(name, has_keras) for name in _CELLS}
    plugins = {name: getattr(projector, name) for name in dir(projector) if name[0] != "_"}
    return old_modules.makers(
        {
            "tensorflow.contrib.layers": contrib_layers.NAMES,
            "tensorflow.contrib.rnn": rnn,
            "tensorflow.contrib.data": {"Dataset": tf.data.Dataset, "Iterator": tf.data.Iterator},
            "tensorflow.contrib.tensorboard.plugins.projector": plugins,
        }
    )


def _cell(name: str, has_keras: bool) -> Any:
    if has_keras:
        return getattr(tf.nn.rnn_cell, name)

    def missing(*_: Any, **__: Any) -> Any:
        raise unsupported.keras_missing(f"tf.contrib.rnn.{name}")

    return missing
