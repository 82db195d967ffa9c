from __future__ import annotations

import numpy as np
import pytest

from helper import tf
from helper.errors import UsageError
from helper.graph import model as graph
from helper.graph.fused import FusedSteps
from helper.graph.metrics import Metric
from tests import experiment_modules
from tests.experiment_modules import small_data

SCOPES = {
    "softmax": {"input", "normalize", "readout", "loss", "accuracy", "train"},
    "logistic": {"input", "normalize", "readout", "loss", "accuracy", "train"},
    "hidden_layer": {"input", "normalize", "hidden", "readout", "loss", "accuracy", "train"},
}
PARAMETERS = {"softmax": 7_850, "logistic": 785, "hidden_layer": 496_885}
MNIST = small_data(side=28)


@pytest.fixture(scope="module", params=SCOPES)
def built(request):
    """The name of an experiment, and its graph for images of 28 × 28 pixels and ten classes."""
    return request.param, experiment_modules.build(experiment_modules.load(request.param), MNIST)


def test_parameter_counts(built):
    name, model = built
    assert model.parameter_count() == PARAMETERS[name]


def test_scopes_at_the_top_of_the_readable_graph(built):
    name, model = built
    assert {node.name.split("/")[0] for node in model.graph_def.node} == SCOPES[name]


def test_readable_graph_is_small_and_holds_no_images(built):
    _, model = built
    assert model.graph_def.ByteSize() < 100_000
    assert not any("while" in node.op.lower() for node in model.graph_def.node)
    placeholders = {n.name for n in model.graph_def.node if n.op.startswith("Placeholder")}
    assert placeholders == {"input/images", "input/labels", "input/training"}


def test_every_value_stands_in_the_scope_of_its_name(built):
    _, model = built
    assert model.step.metrics["loss"].op.name.startswith("loss/")
    assert model.step.metrics["accuracy"].op.name.startswith("accuracy/")
    assert model.step.predictions.op.name.startswith("accuracy/")
    assert model.step.train_step.name.startswith("train/")
    assert model.inputs.images.dtype == tf.uint8 and model.inputs.labels.dtype == tf.int64


def test_parameters_are_named_by_layer():
    model = experiment_modules.build(experiment_modules.load("hidden_layer"), MNIST)
    assert model.parameters() == {
        "hidden/weight": [784, 625],
        "hidden/bias": [625],
        "readout/weight": [625, 10],
        "readout/bias": [10],
    }


def test_building_again_makes_no_variable():
    model = experiment_modules.build(
        experiment_modules.load("hidden_layer"), MNIST, tf.train.AdamOptimizer(0.001)
    )
    with model.graph.as_default():
        before = [variable.name for variable in tf.global_variables()]
        model.build_again(model.inputs)
        assert [variable.name for variable in tf.global_variables()] == before


def test_the_graph_that_was_there_stays_as_it_was():
    with tf.Graph().as_default() as outer:
        experiment_modules.build(experiment_modules.load("softmax"), MNIST)
        assert not outer.get_operations()
        assert outer.seed is None


def test_what_is_fed_as_training_reaches_the_graph():
    seen = []

    def build_graph(inputs, optimizer):
        seen.append(inputs)
        weight = tf.get_variable("w", [], tf.float32, tf.zeros_initializer())
        loss = tf.where(inputs.training, 2.0, 1.0) + weight
        return graph.Step(optimizer.minimize(loss), {"loss": loss}, inputs.labels)

    optimizer = tf.train.GradientDescentOptimizer(0.1)
    model = graph.build(build_graph, (6, 5), 4, optimizer, seed=0)
    assert seen[0].image_shape == (6, 5) and seen[0].num_classes == 4
    with tf.Session(graph=model.graph) as session:
        with model.graph.as_default():
            session.run(tf.global_variables_initializer())
        fed = {model.inputs.images: np.zeros([1, 30]), model.inputs.labels: [0]}
        assert session.run(model.step.metrics["loss"], fed) == 1.0
        assert session.run(model.step.metrics["loss"], fed | {model.inputs.training: True}) == 2.0


def test_metrics_declare_their_direction():
    def build_graph(inputs, optimizer):
        x = tf.get_variable("x", [], tf.float32, tf.ones_initializer())
        found = {name: tf.square(x) for name in ("loss", "accuracy", "luck", "rmse")}
        found["rmse"] = Metric(found["rmse"], lower_is_better=True)
        return graph.Step(optimizer.minimize(found["loss"]), found)

    optimizer = tf.train.GradientDescentOptimizer(0.1)
    built = graph.build(build_graph, (2, 2), 10, optimizer, 0)
    assert built.lower_is_better == {"loss": True, "accuracy": False, "luck": None, "rmse": True}
    assert built.step.metrics["rmse"].shape.rank == 0


@pytest.mark.parametrize(
    ("metrics", "said"),
    [
        (lambda x: {"accuracy": x}, 'no metric "loss"'),
        (lambda x: {"loss": x, "sizes": tf.stack([x, x])}, "'sizes' is float32 (2,)"),
        (lambda x: {"loss": x, "count": tf.cast(x, tf.int32)}, "'count' is int32 ()"),
    ],
)
def test_metrics_that_cannot_be_logged(metrics, said):
    def build_graph(inputs, optimizer):
        x = tf.get_variable("x", [], tf.float32, tf.ones_initializer())
        return graph.Step(optimizer.minimize(x), metrics(x))

    with pytest.raises(UsageError) as caught:
        graph.build(build_graph, (2, 2), 10, tf.train.GradientDescentOptimizer(0.1), 0)
    assert said in str(caught.value)


@pytest.mark.parametrize("xla", [False, True])
def test_summaries_are_those_of_the_readable_copy(xla):
    """The copy inside the loop adds none, and training does not wait for them."""
    data = small_data()

    def build_graph(inputs, optimizer):
        x = tf.get_variable("x", [], tf.float32, tf.ones_initializer())
        loss = tf.square(x) + 0.0 * tf.reduce_mean(tf.cast(inputs.images, tf.float32))
        tf.summary.scalar("square", loss)
        tf.summary.histogram("pixels", inputs.images)
        tf.summary.text("text", tf.constant("words"))
        return graph.Step(optimizer.minimize(loss), {"loss": loss})

    optimizer = tf.train.GradientDescentOptimizer(0.1)
    built = graph.build(build_graph, data.image_shape, 10, optimizer, 0)
    FusedSteps(built, data.train, 10, 0, xla=xla)
    assert len(built.summaries) == 3
    with built.graph.as_default():
        assert tf.get_collection(tf.GraphKeys.SUMMARIES) == built.summaries
