from __future__ import annotations

import json
import sys
from dataclasses import replace

import numpy as np
import pytest

from helper import tf
from helper.graph.pipeline import positions_to_examples
from helper.runs.events import read_scalars
from helper.training import cli
from tests.experiment_modules import BATCH_SIZE, build, load, run, small_data, train

ACTIVATIONS = {
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
    "relu": (lambda z: np.maximum(z, 0), lambda a: (a > 0).astype(a.dtype)),
    "tanh": (np.tanh, lambda a: 1 - a**2),
    "identity": (lambda z: z, np.ones_like),
}


@pytest.mark.parametrize(
    ("layers", "count"),
    [
        ("", 7_850),
        ("625", 496_885),  # S2b
        ("200", 159_010),  # S0
        ("256,128", 235_146),  # S3
        ("64, 64,64", 784 * 64 + 64 + 2 * (64 * 64 + 64) + 64 * 10 + 10),
    ],
)
def test_parameter_count(layers, count):
    data = small_data(side=28)
    assert build(load("mlp", f"--layers={layers}"), data).parameter_count() == count


def test_the_drawn_networks_of_three_inputs():
    data = small_data(classes=3)
    data = replace(data, image_shape=(1, 3))
    for layers, count in (("4", 3 * 4 + 4 + 4 * 3 + 3), ("4,4", 3 * 4 + 4 + 4 * 4 + 4 + 4 * 3 + 3)):
        assert build(load("mlp", f"--layers={layers}"), data).parameter_count() == count


@pytest.mark.parametrize(
    ("other", "arguments"),
    [("hidden_layer", ["--layers=625", "--initializer=0.05"]), ("softmax", ["--layers="])],
)
def test_equals_the_written_out_experiment_to_the_bit(other, arguments):
    data = small_data()
    common = ["--learning_rate=0.1"]
    expected, expected_history = train(build(load(other, *common), data, seed=5), data, 30)
    found, history = train(build(load("mlp", *arguments, *common), data, seed=5), data, 30)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)
    for name, values in expected_history.items():
        np.testing.assert_array_equal(history[name], values, err_msg=name)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
@pytest.mark.parametrize("l2", [0.0, 0.03])
def test_a_step_worked_out_by_hand(activation, output, l2):
    data = small_data()
    arguments = ["--layers=7", f"--activation={activation}", f"--output={output}", f"--l2={l2}"]
    model = build(load("mlp", *arguments, "--learning_rate=0.5", "--initializer=0.4"), data)
    x, labels = data.train.images[:20], data.train.labels[:20]
    before, after, loss = _single_step(model, x, labels)
    expected, expected_loss = _gradients(before, x, labels, activation, output, l2)
    assert loss == pytest.approx(expected_loss, rel=1e-5)
    for name, gradient in expected.items():
        np.testing.assert_allclose(
            after[name], before[name] - 0.5 * gradient, rtol=1e-4, atol=1e-6, err_msg=name
        )


def _single_step(model, images, labels):
    """Variables before and after one step on the placeholders, and the loss before it."""
    with tf.Session(graph=model.graph) as session, model.graph.as_default():
        session.run(tf.global_variables_initializer())
        variables = {v.op.name: v for v in tf.trainable_variables()}
        before = session.run(variables)
        feed = {model.inputs.images: images, model.inputs.labels: labels}
        loss = session.run(model.step.metrics["loss"], feed)
        session.run(model.step.train_step, {**feed, model.inputs.training: True})
        return before, session.run(variables), loss


def _gradients(variables, images, labels, activation, output, l2):
    """Gradients of one hidden layer's network by hand, float64, with -log(p_k / Σ p) as loss."""
    W1, b1, W2, b2 = (
        variables[name].astype(np.float64)
        for name in ("hidden/weight", "hidden/bias", "readout/weight", "readout/bias")
    )
    function, derivative = ACTIVATIONS[activation]
    x = images / 255.0
    hidden = function(x @ W1 + b1)
    z = hidden @ W2 + b2
    y = np.exp(z - z.max(1, keepdims=True)) if output == "softmax" else 1 / (1 + np.exp(-z))
    p = y / y.sum(1, keepdims=True)
    one_hot = np.eye(10)[labels]
    loss = -np.mean(np.log((p * one_hot).sum(1)))
    delta = (p - one_hot) / len(x)
    if output == "sigmoid":
        delta *= 1 - y  # d log σ(z) / dz
    delta1 = delta @ W2.T * derivative(hidden)
    return {
        "readout/weight": hidden.T @ delta + 2 * l2 * W2,
        "readout/bias": delta.sum(0),
        "hidden/weight": x.T @ delta1 + 2 * l2 * W1,
        "hidden/bias": delta1.sum(0),
    }, loss


def _sgd(w, gradients, rate):
    for g in gradients:
        w = w - rate * g
    return w


def _momentum(w, gradients, rate):
    v = np.zeros_like(w)
    for g in gradients:
        v = 0.9 * v + g
        w = w - rate * v
    return w


def _adam(w, gradients, rate):
    m, v = np.zeros_like(w), np.zeros_like(w)
    for t, g in enumerate(gradients, start=1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        w = w - rate * np.sqrt(1 - 0.999**t) / (1 - 0.9**t) * m / (np.sqrt(v) + 1e-8)
    return w


def _rmsprop(w, gradients, rate):
    square = np.ones_like(w)  # TensorFlow 1 begins at one, Keras at zero
    for g in gradients:
        square = 0.9 * square + 0.1 * g**2
        w = w - rate * g / np.sqrt(square + 1e-10)
    return w


def _adagrad(w, gradients, rate):
    total = np.full_like(w, 0.1)
    for g in gradients:
        total = total + g**2
        w = w - rate * g / np.sqrt(total)
    return w


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("sgd", _sgd),
        ("momentum", _momentum),
        ("adam", _adam),
        ("rmsprop", _rmsprop),
        ("adagrad", _adagrad),
    ],
)
def test_three_steps_of_each_optimizer_by_hand(name, rule):
    data = small_data()
    module = load("mlp", "--layers=", f"--optimizer={name}")
    optimizer = module.OPTIMIZERS[name][0](0.05)
    model = build(module, data, optimizer)
    x, labels = data.train.images[:20], data.train.labels[:20]
    with tf.Session(graph=model.graph) as session, model.graph.as_default():
        session.run(tf.global_variables_initializer())
        variables = {v.op.name: v for v in tf.trainable_variables()}
        gradients = []
        for _ in range(3):
            values = session.run(variables)
            z = x / 255.0 @ values["readout/weight"].astype(np.float64) + values["readout/bias"]
            p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
            gradients.append((x / 255.0).T @ (p - np.eye(10)[labels]) / len(x))
            session.run(
                model.step.train_step, {model.inputs.images: x, model.inputs.labels: labels}
            )
        found = session.run(variables["readout/weight"])
    expected = rule(np.zeros((16, 10)), gradients, 0.05)
    np.testing.assert_allclose(found, expected, rtol=2e-4, atol=2e-6)


def test_each_optimizer_has_its_own_learning_rate_unless_one_is_given(monkeypatch, tmp_path):
    data = small_data()
    arguments = ["--layers=4", "--optimizer=adam", "--steps=3", "--batch_size=10"]
    run(monkeypatch, data, "mlp", *arguments, f"--logdir={tmp_path}")
    run(monkeypatch, data, "mlp", *arguments, "--learning_rate=0.1", f"--logdir={tmp_path}")
    records = [json.loads(path.read_text()) for path in sorted(tmp_path.glob("mlp/*/run.json"))]
    assert [record["flags"]["learning_rate"] for record in records] == [0.001, 0.1]
    flagfiles = [path.read_text() for path in sorted(tmp_path.glob("mlp/*/flags.txt"))]
    assert "--learning_rate=0.001\n" in flagfiles[0]


def test_sigmoid_outputs_normalised_in_float64_also_where_they_vanish():
    data = small_data()
    model = build(load("mlp", "--layers=", "--output=sigmoid"), data)
    images, labels = data.train.images[:10], data.train.labels[:10]
    for scale, shift in ((1.0, 0.0), (30.0, 0.0), (30.0, -120.0), (30.0, 120.0)):
        W = np.random.RandomState(1).randn(16, 10).astype(np.float32) * scale
        b = np.full(10, shift, np.float32)
        with tf.Session(graph=model.graph) as session, model.graph.as_default():
            session.run(tf.global_variables_initializer())
            for variable, value in zip(tf.trainable_variables(), (W, b), strict=True):
                variable.load(value, session)
            feed = {model.inputs.images: images, model.inputs.labels: labels}
            loss, probabilities = session.run(
                (model.step.metrics["loss"], model.step.probabilities), feed
            )
            gradient = session.run(tf.gradients(model.step.metrics["loss"], variable), feed)
        z = images.astype(np.float64) / 255.0 @ W + b
        log_y = -np.logaddexp(0, -z)
        log_p = log_y - np.logaddexp.reduce(log_y, axis=1, keepdims=True)
        assert loss == pytest.approx(-log_p[np.arange(10), labels].mean(), rel=1e-4, abs=1e-5)
        np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-5)
        np.testing.assert_allclose(probabilities, np.exp(log_p), atol=1e-4)
        assert np.isfinite(gradient).all()


def _hidden_values(model, training, step=0):
    """What enters the readout, float32 [batch, width], at a global step."""
    matmul = model.graph.get_operation_by_name("readout/MatMul")
    data = small_data(examples=400)
    with tf.Session(graph=model.graph) as session, model.graph.as_default():
        session.run(tf.global_variables_initializer())
        tf.train.get_global_step().load(step, session)
        feed = {model.inputs.images: data.train.images, model.inputs.training: training}
        return session.run(matmul.inputs[0], feed)


def test_dropout_has_its_rate_and_is_off_in_an_evaluation():
    model = build(load("mlp", "--layers=50", "--dropout=0.3"), small_data())
    plain = build(load("mlp", "--layers=50"), small_data())
    kept = _hidden_values(plain, False)
    np.testing.assert_array_equal(_hidden_values(model, False), kept)
    dropped = _hidden_values(model, True)
    zero = dropped == 0
    assert abs(zero.mean() - 0.3) < 4 * np.sqrt(0.3 * 0.7 / zero.size)
    np.testing.assert_allclose(dropped[~zero], kept[~zero] / 0.7, rtol=1e-6)


def test_what_is_dropped_follows_from_seed_and_step():
    model = build(load("mlp", "--layers=50", "--dropout=0.5"), small_data())
    first = _hidden_values(model, True, step=1) == 0
    assert np.array_equal(first, _hidden_values(model, True, step=1) == 0)
    assert 0.4 < np.mean(first != (_hidden_values(model, True, step=2) == 0)) < 0.6
    other = build(load("mlp", "--layers=50", "--dropout=0.5", "--seed=1"), small_data())
    assert 0.4 < np.mean(first != (_hidden_values(other, True, step=1) == 0)) < 0.6


def test_fused_and_repeated_and_single_steps_agree_to_the_bit_with_dropout_and_adam():
    data = small_data()
    module = load("mlp", "--layers=12,9", "--dropout=0.5", "--optimizer=adam")

    def fresh():
        return build(module, data, module.OPTIMIZERS["adam"][0](0.01))

    fused, history = train(fresh(), data, 30)
    again, _ = train(fresh(), data, 30)
    single, single_history = train(fresh(), data, 30, boundaries=[1])
    for name, value in fused.items():
        np.testing.assert_array_equal(again[name], value, err_msg=name)
        np.testing.assert_array_equal(single[name], value, err_msg=name)
    np.testing.assert_array_equal(single_history["loss"], history["loss"])
    on_placeholders = _steps_on_placeholders(fresh(), data, 30)
    for name, value in fused.items():
        np.testing.assert_array_equal(on_placeholders[name], value, err_msg=name)


def _steps_on_placeholders(model, data, steps):
    """One ``Session.run`` and a feed for each step, in the pipeline's order of examples."""
    with tf.Session(graph=model.graph) as session, model.graph.as_default():
        positions = tf.range(tf.constant(steps * BATCH_SIZE, tf.int64))
        order = session.run(positions_to_examples(positions, len(data.train.labels), 0))
        session.run(tf.global_variables_initializer())
        for batch in order.reshape(steps, BATCH_SIZE):
            feed = {
                model.inputs.images: data.train.images[batch],
                model.inputs.labels: data.train.labels[batch],
                model.inputs.training: True,
            }
            session.run(model.step.train_step, feed)
        return session.run({v.op.name: v for v in tf.global_variables()})


def test_identity_layers_are_one_linear_layer():
    data = small_data()
    model = build(load("mlp", "--layers=6,5", "--activation=identity"), data)
    with tf.Session(graph=model.graph) as session, model.graph.as_default():
        session.run(tf.global_variables_initializer())
        W1, _, W2, _, W3, _ = session.run(tf.trainable_variables())
        logits = model.graph.get_tensor_by_name("readout/add:0")
        found = session.run(logits, {model.inputs.images: data.test.images})
    np.testing.assert_allclose(found, data.test.images / 255.0 @ (W1 @ W2 @ W3), atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "hidden", "readout"),
    [
        (["--activation=relu"], "he", "glorot"),
        (["--activation=tanh"], "glorot", "glorot"),
        (["--activation=relu", "--initializer=0.5"], 0.5, 0.5),
        (["--layers="], "glorot", "zeros"),
    ],
)
def test_the_initialiser_fits_the_activation(arguments, hidden, readout):
    module = load("mlp", *arguments)
    assert (module.hidden_initializer(), module.readout_initializer()) == (hidden, readout)


def test_raw_pixels():
    data = small_data()
    model = build(load("mlp", "--layers=", "--nonormalize"), data)
    matmul = model.graph.get_operation_by_name("readout/MatMul")
    with tf.Session(graph=model.graph) as session:
        x = session.run(matmul.inputs[0], {model.inputs.images: data.test.images})
    np.testing.assert_array_equal(x, data.test.images.astype(np.float32))


def test_with_a_validation_split_nothing_is_chosen_by_the_test_set(monkeypatch, tmp_path):
    data = small_data(examples=100)
    arguments = ["--layers=4", "--epochs=3", "--batch_size=16", "--validation_split=0.2"]
    logging = ["--eval_every=5", "--log_every=5", f"--logdir={tmp_path}"]
    assert run(monkeypatch, data, "mlp", *arguments, *logging) == 0
    (path,) = tmp_path.glob("mlp/*")
    record = json.loads((path / "run.json").read_text())
    assert record["data"]["train"] == 80 and record["data"]["validation"] == 20
    assert record["steps"] == record["step"] == 15  # 3 · 80 / 16
    assert set(record["best"]) == {"validation/loss", "validation/accuracy"}
    assert {"validation/accuracy", "test/accuracy", "train/accuracy"} <= set(record["final"])
    assert read_scalars(path / "validation")["accuracy"].step.tolist() == [0, 1, 2, 5, 10, 15]
    assert not (path / "test").exists()  # a third entry in TensorBoard
    flagfile = (path / "flags.txt").read_text()
    assert "--epochs=3\n" in flagfile and "--steps" not in flagfile


@pytest.mark.parametrize(
    "argument",
    [
        "--layers=256,,128",
        "--layers=-3",
        "--layers=0",
        "--layers=ten",
        "--layers=1000000",
        "--dropout=1",
        "--dropout=-0.1",
        "--dropout=nan",
        "--l2=-1",
        "--l2=nan",
        "--optimizer=lion",
        "--activation=selu",
        "--output=linear",
        "--initializer=0",
        "--initializer=some",
        "--validation_split=1",
        "--dataset=colours --validation_split=0.99999",
        "--dataset=colours --validation_split=0.5 --batch_size=3001",
        "--epochs=0",
        "--steps=2 --epochs=1",
        "--flagfile=experiments/presets/no_such.flags",
    ],
)
def test_bad_flags_are_one_line(monkeypatch, tmp_path, capsys, argument):
    module = load("mlp")
    logdir = tmp_path / "logs"
    monkeypatch.setattr("sys.argv", [module.__file__, *argument.split(), f"--logdir={logdir}"])
    with pytest.raises(SystemExit) as end:
        cli.run(module.main)
    error = capsys.readouterr().err
    assert end.value.code == 2 and error.startswith("error: ") and error.count("\n") == 1
    assert argument.split("=")[-1] in error and not logdir.exists()


@pytest.mark.parametrize("given", [["--optimizer=adam"], ["--learning_rate=0.01"]])
def test_a_resumed_run_keeps_its_learning_rate(monkeypatch, tmp_path, given):
    data = small_data()
    common = ["--batch_size=10", f"--logdir={tmp_path}", "--eval_every=5"]
    assert run(monkeypatch, data, "mlp", "--layers=4", "--steps=5", *given, *common) == 0
    (path,) = tmp_path.glob("mlp/*")
    before = json.loads((path / "run.json").read_text())["flags"]
    load("mlp")
    arguments = [f"--resume={path}", "--steps=10", f"--logdir={tmp_path}"]
    with pytest.raises(SystemExit) as end:
        monkeypatch.setattr("sys.argv", [load("mlp").__file__, *arguments])
        cli.run(sys.modules[sys.argv[0]].main)
    after = json.loads((path / "run.json").read_text())
    assert end.value.code == 0 and after["step"] == 10
    assert after["flags"]["learning_rate"] == before["learning_rate"]
    assert after["flags"]["layers"] == [4]
