from __future__ import annotations

import numpy as np
import pytest

from helper import tf
from helper.errors import UsageError
from helper.graph import compiling
from helper.graph import model as graph
from tests import experiment_modules
from tests.experiment_modules import small_data

DATA = small_data()
MNIST = small_data(side=28)


def build(with_python: bool):
    def build_graph(inputs, optimizer):
        x = tf.get_variable("x", [], tf.float32, tf.ones_initializer())
        loss = tf.square(x) * tf.reduce_mean(tf.cast(inputs.images, tf.float32))
        if with_python:
            loss += tf.stop_gradient(tf.reshape(tf.py_func(np.square, [x], tf.float32), []))
        return graph.Step(optimizer.minimize(loss), {"loss": loss})

    optimizer = tf.train.GradientDescentOptimizer(1e-4)
    return graph.build(build_graph, DATA.image_shape, 10, optimizer, 0)


def train(model, xla):
    with model.graph.as_default(), model.session() as session:
        session.run(tf.global_variables_initializer())
        fused = compiling.loop(session, model, DATA.train, 20, 0, xla)
        before = session.run(tf.global_variables())
        chunks = list(fused.run(session, 0, 12, []))
    return fused.xla, before, np.concatenate([chunk["loss"] for chunk in chunks])


@pytest.mark.parametrize(
    ("experiment", "flags", "worthwhile"),
    [
        ("softmax", [], False),
        ("logistic", [], False),
        ("edges", [], False),
        ("hidden_layer", [], True),
        ("hidden_layer", ["--hidden_units=20"], False),
        ("mlp", [f"--flagfile={experiment_modules.EXPERIMENTS}/presets/s0_relu_adam.flags"], True),
        ("mlp", [f"--flagfile={experiment_modules.EXPERIMENTS}/presets/s3_dropout.flags"], True),
    ],
)
def test_what_the_rule_compiles(experiment, flags, worthwhile):
    module = experiment_modules.load(experiment, *flags)
    model = experiment_modules.build(module, MNIST)
    assert compiling.is_worthwhile(model, module.FLAGS.batch_size) is worthwhile


@pytest.mark.parametrize("threshold", [0, 10**9])
def test_the_rule_decides_where_no_flag_does(monkeypatch, threshold):
    monkeypatch.setattr(compiling, "_WORTHWHILE", threshold)
    compiled, before, _ = train(build(False), None)
    assert compiled is (threshold == 0)
    assert before == [1.0]  # compiling trains no step
    assert train(build(False), True)[0] and not train(build(False), False)[0]


def test_a_graph_that_cannot_be_compiled(monkeypatch, capsys):
    monkeypatch.setattr(compiling, "_WORTHWHILE", 0)
    compiled, _, losses = train(build(True), None)
    assert not compiled
    assert "note: the loop is not compiled" in capsys.readouterr().out
    assert losses.tobytes() == train(build(True), False)[2].tobytes()
    with pytest.raises(UsageError, match=r"^--xla: .*\(PyFunc\); use --noxla"):
        train(build(True), True)
