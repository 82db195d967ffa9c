from __future__ import annotations

import numpy as np
import pytest

from helper import tf
from tests.experiment_modules import build, load, small_data, train


def edge_maps(image: np.ndarray) -> np.ndarray:
    """Left column minus right, and upper row minus lower, of each 3 × 3 neighbourhood, by hand."""
    height, width = image.shape
    padded = np.zeros((height + 2, width + 2))
    padded[1:-1, 1:-1] = image
    maps = np.zeros((height, width, 2))
    for y in range(height):
        for x in range(width):
            around = padded[y : y + 3, x : x + 3]
            maps[y, x, 0] = around[:, 0].sum() - around[:, 2].sum()
            maps[y, x, 1] = around[0].sum() - around[2].sum()
    return maps


@pytest.mark.parametrize("strength", [False, True])
def test_edge_maps_against_a_convolution_by_hand(strength):
    data = small_data(side=6)
    model = build(load("edges", f"--strength={strength}"), data)
    matmul = model.graph.get_operation_by_name("readout/MatMul")
    with tf.Session(graph=model.graph) as session:
        found = session.run(matmul.inputs[0], {model.inputs.images: data.test.images})
    expected = [edge_maps(image.reshape(6, 6) / 255.0).ravel() for image in data.test.images]
    expected = np.abs(expected) if strength else np.array(expected)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_parameters_and_scopes():
    model = build(load("edges"), small_data(side=28))
    assert model.parameters() == {"readout/weight": [1568, 10], "readout/bias": [10]}
    assert model.parameter_count() == 15_690
    scopes = {node.name.split("/")[0] for node in model.graph_def.node}
    common = {"input", "normalize", "readout", "loss", "accuracy", "train"}
    assert scopes == common | {"edges", "images"}


def test_it_starts_at_ln_10_and_learns():
    data = small_data()
    _, history = train(build(load("edges", "--learning_rate=0.1"), data), data, 200)
    assert history["loss"][0] == pytest.approx(np.log(10), rel=1e-6)
    assert history["loss"][-10:].mean() < 1.5
