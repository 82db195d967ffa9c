"""A graph by itself: what is constant is computed, and dropout that keeps everything is gone."""

from __future__ import annotations

import numpy as np
import pytest

from helper import tf
from helper.saving.freezing import freeze


def ops(frozen):
    return {node.op for node in frozen.graph_def.node}


def answers(frozen, images):
    with tf.Graph().as_default() as graph:
        given = tf.placeholder(tf.float32, [None, *images.shape[1:]])
        found = tf.import_graph_def(frozen.graph_def, {frozen.images: given}, frozen.outputs)
        with tf.Session(graph=graph) as session:
            return session.run(found, {given: images})


def frozen_of(build):
    """What `build` makes of any number of images, frozen where it is one, as a network is."""
    with tf.Graph().as_default() as graph:
        names = [t.name for t in build(tf.placeholder(tf.float32, [None, 3], "images"))]
        initializer = tf.global_variables_initializer().name
    with tf.Graph().as_default() as single:
        images = tf.placeholder(tf.float32, [1, 3])
        given = {"images:0": images}
        *outputs, start = tf.import_graph_def(graph.as_graph_def(), given, [*names, initializer])
        with tf.Session(graph=single) as session:
            session.run(start)
            return freeze(session, images, outputs)


def test_weights_become_constants_for_any_number_of_images():
    def build(x):
        weights = tf.get_variable("w", [3, 2], initializer=tf.ones_initializer())
        y = tf.matmul(x, weights * 2.0)
        return [y, weights + 1.0]

    frozen = frozen_of(build)
    assert ops(frozen) == {"Placeholder", "MatMul", "Const"}
    y, constant = answers(frozen, np.ones((5, 3), np.float32))
    np.testing.assert_array_equal(y, np.full((5, 2), 6.0))
    np.testing.assert_array_equal(constant, np.full((3, 2), 2.0))


def test_outputs_that_share_what_they_need_and_have_several_parts():
    def build(x):
        first, second = tf.split(x, [1, 2], axis=1)
        return [second, first + 1.0, second]

    second, first, again = answers(frozen_of(build), np.arange(6, dtype=np.float32).reshape(2, 3))
    np.testing.assert_array_equal(first, [[1], [4]])
    np.testing.assert_array_equal(second, [[1, 2], [4, 5]])
    np.testing.assert_array_equal(again, second)


def dropout(x, rate):
    """As an experiment has it in an evaluation: a rate that is computed."""
    seed = tf.constant([1, 2])
    return tf.nn.experimental.stateless_dropout(x, rate * tf.constant(1.0), seed, rng_alg="philox")


@pytest.mark.parametrize("make", [dropout, lambda x, rate: tf.nn.dropout(x, rate=rate + x[0, 0])])
def test_dropout_that_drops_nothing_is_left_out(make):
    constant = make is dropout
    frozen = frozen_of(lambda x: [make(x + 1.0, 0.0)])
    assert any("Random" in op for op in ops(frozen)) is not constant
    if constant:
        images = np.ones((4, 3), np.float32)
        np.testing.assert_array_equal(answers(frozen, images)[0], images + 1)


def test_dropout_that_drops_something_stays():
    assert "StatelessRandomUniformV2" in ops(frozen_of(lambda x: [dropout(x, 0.5)]))


def test_a_choice_that_is_made_for_a_wider_tensor_stays():
    def build(x):
        random = tf.random.stateless_uniform(tf.concat([[2], tf.shape(x)], 0), [1, 2])
        return [tf.where_v2(random >= 0.0, x, 0.0)]

    assert answers(frozen_of(build), np.ones((4, 3), np.float32))[0].shape == (2, 4, 3)


def test_random_numbers_are_not_made_constants():
    frozen = frozen_of(lambda x: [x + tf.random.uniform([3])])
    assert "RandomUniform" in ops(frozen)
