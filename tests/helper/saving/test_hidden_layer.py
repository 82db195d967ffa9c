from __future__ import annotations

import pytest

from helper import tf
from helper.errors import LabError
from helper.saving.hidden_layer import last_hidden


def variable(*shape):
    return tf.get_variable(f"v{len(tf.global_variables())}", shape, use_resource=True)


def scoped(x):
    with tf.variable_scope("hidden"):
        x = tf.sigmoid(tf.matmul(x, variable(6, 4)) + variable(4))
    with tf.variable_scope("readout"):
        return tf.matmul(x, variable(4, 3)) + variable(3)


def without_scopes(x):
    x = tf.nn.relu(tf.matmul(x, variable(6, 4)) + variable(4))
    return tf.matmul(x, variable(4, 3)) + variable(3)


def as_wide_as_the_answers(x):
    return tf.matmul(tf.tanh(tf.matmul(x, variable(6, 3))), variable(3, 3))


def scores_in_a_scope_of_their_own(x):
    logits = scoped(x)
    with tf.name_scope("scores"):
        return tf.nn.softmax(logits * variable())


def convolution(x):
    x = tf.reshape(x, [-1, 2, 3, 1])
    x = tf.nn.relu(tf.nn.conv2d(x, variable(2, 2, 1, 5), strides=1, padding="SAME"))
    with tf.name_scope("flat"):
        x = tf.reshape(x, [-1, 30])
    return tf.matmul(x, variable(30, 3))


def none(x):
    return tf.matmul(x, variable(6, 3))


def fixed_features(x):
    with tf.name_scope("features"):
        x = tf.concat([x, tf.square(x)], axis=1)
    return tf.matmul(x, variable(12, 3))


def products_of_values_alone(x):
    return tf.matmul(none(x), tf.constant([[1.0, 0, 0], [0, 1, 0], [0, 0, 1]]))


def no_weights(x):
    return x[:, :3]


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        (scoped, ("hidden/Sigmoid", True)),
        (without_scopes, ("Relu", True)),
        (as_wide_as_the_answers, ("Tanh", True)),
        (scores_in_a_scope_of_their_own, ("hidden/Sigmoid", True)),
        (convolution, ("flat/Reshape", True)),
        (none, ("normalize/truediv", False)),
        (fixed_features, ("features/concat", False)),
        (products_of_values_alone, ("normalize/truediv", False)),
        (no_weights, None),
    ],
)
def test_last_hidden(network, expected):
    with tf.Graph().as_default() as graph:
        images = tf.placeholder(tf.uint8, [None, 6], name="images")
        with tf.name_scope("normalize"):
            x = tf.cast(images, tf.float32) / 255.0
        predictions = tf.argmax(network(x), axis=1)
    assert last_hidden(graph.as_graph_def(), [predictions.name], "images") == expected


def test_a_graph_that_makes_no_sense():
    with pytest.raises(LabError, match="lacks the node 'x'"):
        last_hidden(tf.GraphDef(), ["x:0"], "images")
