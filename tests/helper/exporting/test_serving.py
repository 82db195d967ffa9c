"""Commands as a shell and docker read them, and the request as TensorFlow Serving reads it."""

from __future__ import annotations

import csv
import json
import shlex
from pathlib import Path

import numpy as np
import pytest

from helper import tf
from helper.errors import LabError
from helper.exporting import serving

IMAGES = np.random.RandomState(0).randint(0, 256, (2, 3, 5)).astype(np.uint8)


def saved(path: Path, last=tf.identity) -> Path:
    """A SavedModel as an export has it, for images of 3 × 5."""
    from helper.exporting import saved_model

    with tf.Graph().as_default() as graph:
        images = tf.placeholder(tf.uint8, [None, 3, 5], "images")
        y = tf.cast(tf.reshape(images, [-1, 15]), tf.float32)
        tf.identity(last(tf.argmax(y, axis=1)), "classes")
        tf.nn.softmax(y, name="probabilities")
    saved_model.write(graph.as_graph_def(), path)
    return path


def test_docker_command():
    path = Path("/runs/0002-hidden_units=100,seed=1 it's/export/saved_model")
    words = shlex.split(serving.docker_command(path, "hidden_layer", 9000))
    assert words[:3] == ["docker", "run", "--rm"] and words[-1] == "tensorflow/serving"
    assert words[words.index("-p") + 1] == "127.0.0.1:9000:8501"  # this machine alone
    (mount,) = csv.reader([words[words.index("--mount") + 1]])
    assert mount == [
        "type=bind",
        f"source={path}",
        "target=/models/hidden_layer/1",
        "readonly",
    ]
    assert words[words.index("-e") + 1] == "MODEL_NAME=hidden_layer"


def test_curl_command():
    words = shlex.split(serving.curl_command(Path("/a run/request.json"), "a=b,c", 9000))
    assert words == [
        *("curl", "-d", "@/a run/request.json"),
        "http://localhost:9000/v1/models/a%3Db%2Cc:predict",
    ]


def test_the_request_fits_the_signature(tmp_path):
    """As TensorFlow Serving reads it: where a signature has one input, each instance is a value."""
    loaded = tf.saved_model.load_v2(str(saved(tmp_path / "model")))
    signature = loaded.signatures["serving_default"]
    ((name, spec),) = signature.structured_input_signature[1].items()
    body = json.loads(serving.request(IMAGES))
    assert body.keys() == {"signature_name", "instances"}
    assert body["signature_name"] == "serving_default" and name == "images"
    values = np.array(body["instances"])
    assert values.dtype.kind == "i" and values.min() >= 0 and values.max() <= spec.dtype.max
    assert spec.shape.is_compatible_with(values.shape)
    with tf.Graph().as_default() as graph, tf.Session(graph=graph) as session:
        found = tf.saved_model.load(session, ["serve"], str(tmp_path / "model"))
        tensors = found.signature_def["serving_default"]
        given = {tensors.inputs[name].name: values.astype(spec.dtype.as_numpy_dtype)}
        classes = session.run(tensors.outputs["classes"].name, given)
    assert classes.tolist() == IMAGES.reshape(2, 15).argmax(axis=1).tolist()


def test_a_saved_model_that_only_computes(tmp_path):
    serving.check_pure(saved(tmp_path / "model"))


def test_a_saved_model_that_writes_files(tmp_path):
    def hostile(classes):
        with tf.control_dependencies([tf.io.write_file(str(tmp_path / "written"), "x")]):
            return tf.identity(classes)

    path = saved(tmp_path / "model", hostile)
    with pytest.raises(LabError, match="has the operation 'WriteFile'"):
        serving.check_pure(path)
    assert not (tmp_path / "written").exists()


@pytest.mark.parametrize("how", ["missing", "damaged", "link"])
def test_a_saved_model_that_cannot_be_read(tmp_path, how):
    file = saved(tmp_path / "model") / "saved_model.pb"
    if how == "damaged":
        file.write_bytes(b"\xff" * 20)
    else:
        file.rename(tmp_path / "elsewhere")
    if how == "link":
        file.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(LabError, match=how):
        serving.check_pure(tmp_path / "model")
