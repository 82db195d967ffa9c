"""A SavedModel: a directory that TensorFlow 2 and TensorFlow Serving load."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from helper.exporting.inference import IMAGES, outputs
from helper.tensorflow_v1 import tf

SIGNATURE = "serving_default"


def write(graph_def: Any, path: Path) -> None:
    """Raises OSError or ``tf.errors.OpError``."""
    with tf.Graph().as_default() as graph, tf.Session(graph=graph) as session:
        tf.import_graph_def(graph_def, name="")

        def tensor(name: str) -> Any:
            return graph.get_tensor_by_name(f"{name}:0")

        signature = tf.saved_model.predict_signature_def(
            {IMAGES: tensor(IMAGES)}, {name: tensor(name) for name in outputs(graph_def)}
        )
        builder = tf.saved_model.Builder(str(path))
        builder.add_meta_graph_and_variables(
            session, [tf.saved_model.tag_constants.SERVING], {SIGNATURE: signature}
        )
        builder.save()
