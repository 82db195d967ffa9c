from __future__ import annotations

import numpy as np
import pytest

from helper import bias_variable, prewitt_filter, tf, weight_variable


def initial(build, seed: int | None = 0) -> np.ndarray:
    """The initial value of the variable that ``build`` makes, in a graph of its own."""
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(seed)
        variable = build()
        session.run(tf.global_variables_initializer())
        return session.run(variable)


def in_scope(scope: str, name: str, reuse=None):
    def build():
        with tf.variable_scope(scope, reuse=reuse):
            return weight_variable([30, 20], name)

    return build


def test_initial_weights_do_not_depend_on_what_was_made_before():
    def after_others():
        tf.random.normal([3])
        weight_variable([5, 5], "other")
        with tf.variable_scope("hidden"):
            bias_variable([7], "bias")
        return in_scope("readout", "weight")()

    assert np.array_equal(initial(in_scope("readout", "weight")), initial(after_others))


def test_initial_weights_depend_on_seed_and_name():
    value = initial(in_scope("readout", "weight"))
    assert not np.array_equal(value, initial(in_scope("readout", "weight"), seed=1))
    assert not np.array_equal(value, initial(in_scope("hidden", "weight")))
    assert not np.array_equal(value, initial(in_scope("readout", "other")))


def test_initial_weights_are_the_same_where_variables_are_reused():
    plain = initial(in_scope("readout", "weight"))
    assert np.array_equal(plain, initial(in_scope("readout", "weight", tf.AUTO_REUSE)))


def test_without_a_seed_weights_are_drawn_afresh():
    build = in_scope("readout", "weight")
    assert not np.array_equal(initial(build, None), initial(build, None))


def test_glorot_uniform():
    value = initial(lambda: weight_variable([784, 200], "weight"))
    limit = np.sqrt(6 / (784 + 200))
    assert value.dtype == np.float32
    assert 0.99 * limit < value.max() <= limit and -limit <= value.min() < -0.99 * limit
    # A uniform distribution on ± limit has the standard deviation limit / sqrt(3).
    assert value.std() == pytest.approx(limit / np.sqrt(3), rel=0.01)


def test_glorot_of_a_convolution_counts_the_positions_of_its_kernel():
    value = initial(lambda: weight_variable([5, 5, 8, 16], "kernel"))
    assert np.abs(value).max() == pytest.approx(np.sqrt(6 / (25 * 8 + 25 * 16)), rel=0.01)


@pytest.mark.parametrize(("initializer", "deviation"), [(0.05, 0.05), ("he", np.sqrt(2 / 784))])
def test_normal(initializer, deviation):
    value = initial(lambda: weight_variable([784, 200], "weight", initializer))
    assert value.mean() == pytest.approx(0, abs=0.02 * deviation)
    assert value.std() == pytest.approx(deviation, rel=0.01)
    assert np.abs(value).max() > 3.5 * deviation  # not truncated


def test_zeros():
    assert not initial(lambda: weight_variable([3, 2], "weight", "zeros")).any()
    assert not initial(lambda: bias_variable([3], "bias")).any()


def test_unknown_initializer():
    with tf.Graph().as_default(), pytest.raises(ValueError, match="glorot, he, zeros"):
        weight_variable([3, 2], "weight", "xavier")


def test_version_1_code_may_use_a_name_twice():
    """In the articles variables stand in name scopes, and often share a name."""
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(0)
        with tf.name_scope("hidden"):
            one = weight_variable([20, 20], name="W")
        with tf.name_scope("readout"):
            two = weight_variable([20, 20], name="W")
            bias_variable([20])
        three = weight_variable([20, 20], "W")
        four = weight_variable([20, 20], "W")
        assert [v.op.name for v in (one, two, three, four)] == ["hidden/W", "readout/W", "W", "W_1"]
        session.run(tf.global_variables_initializer())
        values = session.run([one, two, three, four])
    assert len({value.tobytes() for value in values}) == 4
    assert len({value.tobytes()[:4] for value in values}) == 4


def test_a_reusing_scope_gives_the_variable_that_is_there():
    with tf.Graph().as_default():
        with tf.variable_scope("readout", reuse=tf.AUTO_REUSE):
            one = weight_variable([3, 2], "weight")
        with tf.variable_scope("readout", reuse=True):
            assert weight_variable([3, 2], "weight") is one
        assert one.op.name == "readout/weight"
        assert tf.trainable_variables() == [one]


def test_prewitt_filter_finds_edges():
    with tf.Graph().as_default(), tf.Session() as session:
        image = np.zeros([1, 6, 6, 1], np.float32)
        image[:, :, :3] = 1.0  # left half white: one vertical edge
        kernel = prewitt_filter()
        assert kernel.shape == (3, 3, 1, 2) and kernel.dtype == tf.float32
        edges = session.run(tf.nn.conv2d(image, kernel, [1, 1, 1, 1], "VALID"))[0]
        assert edges[..., 0].tolist() == [[0, 3, 3, 0]] * 4
        assert not edges[..., 1].any()
        edges = session.run(tf.nn.conv2d(image.swapaxes(1, 2), kernel, [1, 1, 1, 1], "VALID"))[0]
        assert edges[..., 1].T.tolist() == [[0, 3, 3, 0]] * 4
        assert not edges[..., 0].any()
