"""What may be run of somebody else's graph, held against what TensorFlow says of it."""

from __future__ import annotations

import pytest
from tensorflow.python.framework import op_def_registry

from helper import tf
from helper.errors import LabError
from helper.saving import operations
from helper.saving.operations import PURE, Costs, TooLarge, check_size

NOT_NUMBERS = {tf.string, tf.resource, tf.variant}


@pytest.mark.parametrize("name", sorted(PURE))
def test_it_is_a_pure_function_of_numbers(name):
    definition = op_def_registry.get(name)
    assert definition, "TensorFlow has no such operation"
    # Random numbers have a state, and CheckNumerics says so in order not to be pruned.
    stateful = {"RandomStandardNormal", "RandomUniform", "TruncatedNormal", "CheckNumerics"}
    assert not definition.is_stateful or name in {*stateful, "StatelessRandomGetAlg"}
    fixed = {arg.type for arg in (*definition.input_arg, *definition.output_arg)}
    assert not fixed & {dtype.as_datatype_enum for dtype in NOT_NUMBERS}
    # Neither functions, nor names of files, devices or Python functions.
    kinds = {attr.name: attr.type for attr in definition.attr}
    assert not {"func", "list(func)"} & set(kinds.values())
    texts = {name for name, kind in kinds.items() if "string" in kind}
    assert texts <= {"padding", "data_format", "message", "mode"}


@pytest.mark.parametrize("dtype", sorted(NOT_NUMBERS, key=str))
def test_what_is_not_a_number(dtype):
    with pytest.raises(LabError, match=f"of the type {dtype.name}"):
        check_size(tf.TensorShape([]), dtype)


def test_a_size_that_is_not_known():
    assert check_size(tf.TensorShape([3, 5]), tf.int64) == 120
    for shape in ([None, 5], None):
        with pytest.raises(LabError, match="whose shape is not known"):
            check_size(tf.TensorShape(shape), tf.int64)


def work(make) -> int:
    """What is counted for an operation, but for the numbers that it reads and writes."""
    with tf.Graph().as_default():
        operation = make().op
        tensors = [*operation.inputs, *operation.outputs]
        read_and_written = sum(tensor.shape.num_elements() for tensor in tensors)
        return operations._work(operation, operation.inputs) - read_and_written


def test_multiply_adds():
    def given(*shape):
        return tf.placeholder(tf.float32, shape)

    assert work(lambda: given(3, 5) + given(5)) == 0
    assert work(lambda: tf.matmul(given(3, 5), given(5, 7))) == 3 * 5 * 7
    assert work(lambda: tf.matmul(given(5, 3), given(5, 7), transpose_a=True)) == 3 * 5 * 7
    assert work(lambda: tf.matmul(given(2, 5, 3), given(2, 5, 7), adjoint_a=True)) == 2 * 3 * 5 * 7
    assert work(lambda: tf.nn.conv2d(given(10, 8, 8, 3), given(5, 5, 3, 4), 1, "SAME")) == (
        10 * 8 * 8 * 4 * 5 * 5 * 3
    )
    assert work(lambda: tf.nn.max_pool(given(10, 8, 8, 3), 2, 2, "SAME")) == 10 * 4 * 4 * 3 * 2 * 2


def test_limits(monkeypatch):
    monkeypatch.setattr(operations, "_MOST_BYTES", 1000)
    monkeypatch.setattr(operations, "_MOST_WORK", 1000)
    monkeypatch.setattr(operations, "_MOST_OPERATIONS", 3)
    costs = Costs()
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [10, 10])
        costs.add_given(x)
        costs.add((x + 1).op, [x])  # 800 bytes, 200 numbers
        with pytest.raises(TooLarge, match="memory"):
            costs.add((x + 1).op, [x])
        costs = Costs()
        costs.add_given(x)
        with pytest.raises(TooLarge, match="computes more"):
            costs.add((x @ x).op, [x, x])
        with pytest.raises(TooLarge, match="a tensor of more than"):
            check_size(tf.TensorShape([10, 10, 10]), tf.float32)
    for _ in range(3):
        costs.add_node()
    with pytest.raises(TooLarge, match="more than 3 operations"):
        costs.add_node()
