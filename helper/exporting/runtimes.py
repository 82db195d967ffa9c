"""Load an exported network with the runtime of its format, in a process of its own.

python -m helper.exporting.runtimes FORMAT PATH BATCH [benchmark] <images.npy >answers.npz

The process imports that runtime alone, so what it loads has to be complete. A SavedModel is loaded
and run as in any program of TensorFlow 2, eagerly.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from helper.exporting import processes
from helper.exporting.timing import seconds_per_image

Answer = Callable[[np.ndarray], dict[str, np.ndarray]]
_INPUT = "images"


def main() -> None:
    name, path, batch, *benchmark = sys.argv[1:]
    with processes.output() as output:
        images = np.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False)
        answer = _LOADERS[name](path)
        size = int(batch)
        pieces = [answer(images[i : i + size]) for i in range(0, len(images), size)]
        arrays: dict[str, Any] = {
            key: np.concatenate([piece[key] for piece in pieces]) for key in pieces[0]
        }
        if benchmark:
            each = [seconds_per_image(answer, images[:n]) for n in (1, size)]
            arrays["seconds"] = np.array(each)
        np.savez(output, **arrays)


def _saved_model(path: str) -> Answer:
    import tensorflow as tf

    loaded = tf.saved_model.load(path)
    signature = loaded.signatures["serving_default"]

    def answer(images: np.ndarray) -> dict[str, np.ndarray]:
        found = signature(images=tf.constant(images))
        return {name: tensor.numpy() for name, tensor in found.items()}

    answer.loaded = loaded  # type: ignore[attr-defined]  # the signature alone does not keep it
    return answer


def _tflite(path: str) -> Answer:
    import tensorflow as tf

    runner = tf.lite.Interpreter(path).get_signature_runner("serving_default")
    return lambda images: runner(images=images)


def _onnx(path: str) -> Answer:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return lambda images: dict(zip(names, session.run(names, {_INPUT: images}), strict=True))


def _frozen(path: str) -> Answer:
    import tensorflow.compat.v1 as tf

    with tf.Graph().as_default() as graph:
        graph_def = tf.GraphDef()
        with open(path, "rb") as file:
            graph_def.ParseFromString(file.read())
        tf.import_graph_def(graph_def, name="")
    nodes = {node.name for node in graph_def.node}
    fetched = {name: f"{name}:0" for name in ("classes", "probabilities") if name in nodes}
    session: Any = tf.Session(graph=graph)
    return lambda images: session.run(fetched, {f"{_INPUT}:0": images})


_LOADERS = {
    "saved_model": _saved_model,
    "tflite": _tflite,
    "tflite-int8": _tflite,
    "onnx": _onnx,
    "frozen": _frozen,
}


if __name__ == "__main__":
    main()
