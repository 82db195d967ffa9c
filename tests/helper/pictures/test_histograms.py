from __future__ import annotations

import numpy as np
import pytest

from helper import tf
from helper.graph.evaluation import Evaluation, Observation
from helper.pictures.histograms import Histograms
from tests.experiment_modules import build, load, small_data


def histograms(name, *arguments, change=lambda *_: None):
    """{tag: HistogramProto}, after variables were changed: change(variables by name, session)."""
    data = small_data()
    model = build(load(name, *arguments), data)
    with tf.Session(graph=model.graph) as session, model.graph.as_default():
        session.run(tf.global_variables_initializer())
        change({v.op.name: v for v in tf.trainable_variables()}, session)
        seen = Observation(session, model, data.test, Evaluation({}, None, None), 0, 0)
        before = model.graph_def.SerializeToString()
        found = {s.value[0].tag: s.value[0].histo for s in Histograms()(seen)}
        assert model.graph_def.SerializeToString() == before
        return found, model, session.run(tf.trainable_variables()), data


def test_parameters_gradients_and_activations_of_each_layer():
    found, model, values, data = histograms("mlp", "--layers=5,4", "--activation=sigmoid")
    names = ["hidden_1/weight", "hidden_1/bias", "hidden_2/weight", "hidden_2/bias"]
    names += ["readout/weight", "readout/bias"]
    assert {tag for tag in found if not tag.startswith("activations/")} == {
        f"{kind}/{name}" for kind in ("parameters", "gradients") for name in names
    }
    layers = {tag for tag in found if tag.startswith("activations/")}
    assert {tag.split("/")[1] for tag in layers} == {"hidden_1", "hidden_2", "readout"}
    for name, value in zip(names, values, strict=True):
        assert found[f"parameters/{name}"].num == value.size
        assert found[f"parameters/{name}"].sum == pytest.approx(value.sum(), abs=1e-5)
    assert found["activations/hidden_1"].num == len(data.test.labels) * 5
    # The gradient of the mean loss by the last bias sums to 0: probabilities and labels sum to 1.
    assert found["gradients/readout/bias"].sum == pytest.approx(0, abs=1e-6)
    assert found["gradients/readout/bias"].sum_squares > 0


def test_a_dead_layer_and_a_saturated_one_are_told_apart():
    def kill(variables, session):
        variables["hidden/bias"].load(np.full(5, -1000, np.float32), session)

    dead, *_ = histograms("mlp", "--layers=5", "--activation=relu", change=kill)
    assert dead["activations/hidden"].min == dead["activations/hidden"].max == 0
    assert dead["gradients/hidden/weight"].sum_squares == 0

    def saturate(variables, session):
        variables["hidden/weight"].load(np.zeros([16, 4], np.float32), session)
        variables["hidden/bias"].load(np.array([-99, 99, -99, 99], np.float32), session)

    saturated, *_ = histograms("mlp", "--layers=4", "--activation=sigmoid", change=saturate)
    buckets = saturated["activations/hidden"].bucket
    assert buckets[0] == buckets[-1] == sum(buckets) / 2  # at 0 and at 1, nothing in between
    assert saturated["gradients/hidden/weight"].sum_squares == pytest.approx(0, abs=1e-12)


def test_a_network_without_hidden_layers():
    found, *_ = histograms("softmax")
    assert "activations/readout" in found or "activations/readout/add" in found
    assert "gradients/readout/weight" in found
