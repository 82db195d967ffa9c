"""What it takes to serve an exported SavedModel with TensorFlow Serving: commands, and a request.

TensorFlow Serving looks for numbered versions of a model: the SavedModel becomes version 1.
"""

from __future__ import annotations

import csv
import io
import json
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from helper.errors import LabError, reason
from helper.exporting.saved_model import SIGNATURE
from helper.loading import Damaged, read_regular
from helper.saving.operations import PURE
from helper.tensorflow_v1 import load

REQUEST_FILE = "request.json"
IMAGE = "tensorflow/serving"
_MOST_BYTES = 2 << 30  # of a protocol buffer
_REST = 8501  # the port inside the container


def docker_command(saved_model: Path, name: str, port: int) -> str:
    """The command that starts the container. name: the model's. port: of this machine alone."""
    fields = "type=bind", f"source={saved_model.resolve()}", f"target=/models/{name}/1", "readonly"
    mount = io.StringIO()
    csv.writer(mount, lineterminator="").writerow(fields)  # as docker reads it
    words = ["docker", "run", "--rm", "-p", f"127.0.0.1:{port}:{_REST}"]
    words += ["--mount", mount.getvalue(), "-e", f"MODEL_NAME={name}", IMAGE]
    return shlex.join(words)


def curl_command(request: Path, name: str, port: int) -> str:
    """The command that sends the request in a file."""
    url = f"http://localhost:{port}/v1/models/{quote(name)}:predict"
    return shlex.join(["curl", "-d", f"@{request}", url])


def request(images: np.ndarray) -> str:
    """A request to classify images, uint8 [n, height, width], in TensorFlow Serving's row format.

    https://www.tensorflow.org/tfx/serving/api_rest#predict_api
    """
    body = {"signature_name": SIGNATURE, "instances": images.tolist()}
    return json.dumps(body, separators=(",", ":")) + "\n"


def check_pure(saved_model: Path) -> None:
    """Raise LabError for a SavedModel that does anything but compute: it is somebody else's."""
    from google.protobuf.message import DecodeError

    load()  # without TensorFlow's start-up lines
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    file = saved_model / "saved_model.pb"
    found: Any = SavedModel()
    try:
        found.ParseFromString(read_regular(file, _MOST_BYTES))
    except (Damaged, DecodeError) as error:
        why = error if isinstance(error, Damaged) else f"is damaged: {reason(error)}"
        raise LabError(f"{file} {why}") from None
    graphs = [meta.graph_def for meta in found.meta_graphs]
    nodes = [node for graph in graphs for node in graph.node]
    nodes += [node for graph in graphs for f in graph.library.function for node in f.node_def]
    for node in nodes:
        if node.op not in PURE and node.op != "Placeholder":
            raise LabError(
                f"{file} has the operation {node.op!r}, which export_run.py does not write: it is "
                "not served; export the run again with --replace"
            )
