"""What a format cannot hold is said in one line."""

from __future__ import annotations

import numpy as np
import pytest

from helper import tf
from helper.errors import LabError
from helper.exporting import writing
from helper.exporting.formats import FILES, INT8

IMAGES = np.random.RandomState(0).randint(0, 256, (20, 5, 6)).astype(np.uint8)


def source(tmp_path, last=lambda x: x) -> writing.Source:
    """A network of thirty pixels: `last` of what they are multiplied with."""
    weights = np.random.RandomState(1).normal(size=(30, 100)).astype(np.float32)
    with tf.Graph().as_default() as graph:
        images = tf.placeholder(tf.uint8, [None, 5, 6], "images")
        x = tf.reshape(tf.cast(images, tf.float32) / 255.0, [-1, 30])
        y = last(tf.matmul(x, tf.constant(weights)))
        tf.argmax(y, axis=1, name="classes")
        tf.nn.softmax(y, name="probabilities")
    (tmp_path / "scratch").mkdir()
    about = {"step": 7, "experiment": "x"}
    return writing.Source(graph.as_graph_def(), about, IMAGES, tmp_path / "scratch")


def noise(x):
    return x + tf.random.stateless_normal(tf.shape(x), [1, 2], alg="philox")


@pytest.mark.parametrize("name", [pytest.param("tflite", marks=pytest.mark.slow), "onnx"])
def test_an_operation_that_a_format_lacks(tmp_path, capfd, name):
    with pytest.raises(LabError) as caught:
        writing.write(name, tmp_path / FILES[name], source(tmp_path, noise))
    assert "it has no operation StatelessRandomNormalV2, which this network" in str(caught.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_int8_is_smaller_and_quiet(tmp_path, capfd):
    given = source(tmp_path)
    sizes = []
    for name in "tflite", INT8:
        writing.write(name, tmp_path / FILES[name], given)
        sizes.append((tmp_path / FILES[name]).stat().st_size)
    assert sizes[1] < 0.7 * sizes[0]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["onnx", "frozen"])
def test_where_nothing_can_be_written(tmp_path, name):
    (tmp_path / "scratch").mkdir()
    given = source(tmp_path / "scratch")
    with pytest.raises((OSError, LabError)):
        writing.write(name, tmp_path / "missing" / FILES[name], given)
