"""Graphs of friends and of enemies, of which a part is made again."""

from __future__ import annotations

import re

import numpy as np
import pytest

from helper import tf
from helper.errors import LabError
from helper.saving import operations
from helper.saving.operations import TooLarge
from helper.saving.rebuilding import Variable, leaving, needed, rebuild

IMAGES = np.arange(12, dtype=np.uint8).reshape(3, 4)


def written(make):
    """The GraphDef of ``make(images, training)``, whose result is called "out"."""
    with tf.Graph().as_default() as graph:
        images = tf.placeholder(tf.uint8, [None, 4], "images")
        training = tf.placeholder_with_default(False, [], "training")
        tf.identity(make(tf.cast(images, tf.float32), training), "out")
        return graph.as_graph_def()


def run(graph_def, name="out", values=None):
    """A tensor of a graph that is made again, for the three images."""
    variables: dict[str, Variable] = {}
    with tf.Graph().as_default(), tf.Session() as session:
        images = tf.placeholder(tf.uint8, IMAGES.shape)
        (out,) = rebuild(graph_def, [name], {"images": images}, variables)
        for variable, value in (values or {}).items():
            handle = variables[variable].handle
            session.run(tf.raw_ops.AssignVariableOp(resource=handle, value=value))
        return session.run(out, {images: IMAGES})


def weight(*shape):
    return tf.get_variable("layer/weight", shape, initializer=tf.zeros_initializer())


def refused(make_or_graph) -> str:
    graph_def = written(make_or_graph) if callable(make_or_graph) else make_or_graph
    with pytest.raises(LabError) as caught:
        run(graph_def)
    (line,) = str(caught.value).splitlines()
    assert line.isprintable()
    return line


def test_a_layer():
    values = {"layer/weight": np.eye(4, dtype=np.float32) * 2}
    graph_def = written(lambda x, _: tf.matmul(x, weight(4, 4)) + 1)
    np.testing.assert_array_equal(run(graph_def, values=values), IMAGES * 2.0 + 1)
    np.testing.assert_array_equal(run(graph_def, "out:0", values), IMAGES * 2.0 + 1)


def test_a_layer_of_a_convolution():
    def make(x, _):
        x = tf.nn.conv2d(tf.reshape(x, [-1, 2, 2, 1]), tf.ones([2, 2, 1, 3]), 1, "VALID")
        return tf.nn.max_pool(tf.nn.relu(x), 1, 1, "SAME")

    np.testing.assert_array_equal(run(written(make))[:, 0, 0, 2], IMAGES.sum(axis=1))


def test_a_condition_is_the_branch_that_is_taken_without_training():
    def make(x, training):
        scaled = tf.cond(training, lambda: x * 100, lambda: x + weight(4))
        return tf.cond(tf.identity(training), lambda: scaled, lambda: tf.split(scaled, 2, 1)[1])

    found = run(written(make), values={"layer/weight": np.full(4, 7, np.float32)})
    np.testing.assert_array_equal(found, IMAGES[:, 2:] + 7.0)


def test_a_function_is_put_in_the_place_of_its_call():
    @tf.function(autograph=False)
    def half(x):
        one, two = tf.split(x, 2, 1)
        both = tf.concat([two, one], 1)
        return tf.unstack(both, axis=1)[3], one

    graph_def = written(lambda x, _: half(x)[0])
    assert "PartitionedCall" in {node.op.removeprefix("Stateful") for node in graph_def.node}
    np.testing.assert_array_equal(run(graph_def), IMAGES[:, 1])


def test_the_dropout_of_version_1_drops_nothing():
    def make(x, training):
        return tf.nn.dropout(x, rate=0.5 * tf.cast(training, tf.float32))

    np.testing.assert_array_equal(run(written(make)), IMAGES)


def test_what_is_only_tied_to_it_is_not_run(tmp_path):
    def make(x, _):
        effects = [tf.io.write_file(str(tmp_path / "file"), "x"), weight(4).assign(tf.ones(4))]
        with tf.control_dependencies(effects):
            return x + 1

    np.testing.assert_array_equal(run(written(make)), IMAGES + 1.0)
    assert not list(tmp_path.iterdir())


DANGEROUS = """
    PyFunc PyFuncStateless EagerPyFunc ReadFile WriteFile MatchingFiles SaveV2 RestoreV2 Save
    Restore MergeV2Checkpoints LookupTableExportV2 TextLineReaderV2 TFRecordDataset Print PrintV2
    IteratorGetNext Assert Abort Send Recv _Send _Recv While StatelessWhile Merge NextIteration
    Where SymbolicGradient RemoteCall XlaLaunch AssignVariableOp DecodeRaw SomebodysOwn"""


@pytest.mark.parametrize("operation", DANGEROUS.split())
def test_other_operations_are_not_made(operation):
    graph_def = tf.GraphDef()
    graph_def.node.add(name="evil", op=operation)
    graph_def.node.add(name="out", op="Identity", input=["evil"])
    assert f"needs the operation '{operation}'" in refused(graph_def)


def test_a_python_function_that_this_process_knows_is_not_called():
    called = []
    message = refused(lambda x, _: tf.py_func(called.append, [x], tf.float32))
    assert "needs the operation 'PyFunc" in message and not called


def test_neither_inside_a_branch_or_a_function():
    def where(x):
        return tf.cast(tf.where(x > 0), tf.float32)

    said = "needs the operation 'Where'"
    assert said in refused(lambda x, training: tf.cond(training, lambda: x, lambda: where(x)))
    function = tf.function(where, autograph=False)
    assert said in refused(lambda x, _: function(x))


def test_text_is_not_a_number():
    assert "of the type string" in refused(lambda x, _: tf.strings.as_string(x) + tf.constant("a"))


def repeated(times, step):
    def make(x, _):
        for _ in range(times):
            x = step(x)
        return x

    return make


BOMBS = {
    "fill": lambda x, _: x[0, 0] + tf.fill([10**6, 10**6], 1.0),
    "products": repeated(6, lambda x: tf.reshape(x, [-1, 1]) * tf.reshape(x, [1, -1])),
    "doubling": repeated(40, lambda x: tf.concat([x, x], 0)),
    "tile": lambda x, _: tf.tile(x, [10**5, 10**5]),
    "pad": lambda x, _: tf.pad(x, [[0, 10**9], [0, 10**9]]),
    "random": lambda x, _: x[0, 0] + tf.random.stateless_uniform([10**12], [1, 2]),
    "products of matrices": lambda x, _: (
        tf.linalg.matrix_transpose(tf.ones([9000, 9000])) @ tf.ones([9000, 9000])
    ),
    "convolution": lambda x, _: tf.nn.conv2d(
        tf.ones([1, 5000, 5000, 1]), tf.ones([5000, 5000, 1, 1]), 1, "SAME"
    ),
    "pooling": lambda x, _: tf.nn.avg_pool(tf.ones([1, 3000, 3000, 1]), 3000, 1, "SAME"),
    "variable": lambda x, _: x + tf.get_variable("v", [10**12, 1], use_resource=True)[0],
    "shapes that take long to know": repeated(
        6, lambda x: tf.reshape(x, [4 + tf.fill([10**7], 0)[0], -1])
    ),
    "shapes that follow from a shape": repeated(
        6, lambda x: tf.reshape(x, [4 + tf.fill([10**6 * tf.size(x)], 0)[0], -1])
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs(name):
    graph_def = written(BOMBS[name])
    with pytest.raises(TooLarge):
        run(graph_def)


def test_a_constant_that_is_short_in_the_file():
    graph_def = written(lambda x, _: x * tf.constant(2.0, shape=[3, 4]))
    (constant,) = (node for node in graph_def.node if node.name == "Const")
    for dim in constant.attr["value"].tensor.tensor_shape.dim:
        dim.size = 5000
    assert "a constant of more than 64 MiB" in refused(graph_def)


def test_operations_are_counted(monkeypatch):
    monkeypatch.setattr(operations, "_MOST_OPERATIONS", 100)
    assert "more than 100 operations" in refused(repeated(101, tf.identity))


def test_functions_that_call_each_other_are_counted(monkeypatch):
    monkeypatch.setattr(operations, "_MOST_OPERATIONS", 100)

    def double(function):
        return tf.function(lambda x: function(function(x)), autograph=False)

    function = tf.identity
    for _ in range(10):
        function = double(function)
    assert "more than 100 operations" in refused(lambda x, _: function(x))


def test_a_function_that_calls_itself():
    function = tf.function(lambda x: x + 1, autograph=False)
    graph_def = written(lambda x, _: function(x))
    (definition,) = graph_def.library.function
    (call,) = (node for node in graph_def.node if node.op.endswith("PartitionedCall"))
    inner = definition.node_def.add(name="again", op=call.op)
    inner.attr["f"].func.name = definition.signature.name
    inner.input.append(definition.signature.input_arg[0].name)
    definition.ret[definition.signature.output_arg[0].name] = "again:output:0"
    assert "nested more than 16 deep" in refused(graph_def)
    definition.signature.name = "other"
    assert "lacks the function" in refused(graph_def)


def without(name):
    def change(graph_def):
        (node,) = (node for node in graph_def.node if node.name == name)
        graph_def.node.remove(node)

    return change


def changed(name, **attributes):
    def change(graph_def):
        (node,) = (node for node in graph_def.node if node.name == name)
        for key, value in attributes.items():
            if key == "op":
                node.op = value
            elif key == "input":
                node.input[:] = value
            else:
                node.attr[key].CopyFrom(value)

    return change


unknown, negative = tf.AttrValue(), tf.AttrValue()
unknown.shape.unknown_rank = True
negative.shape.dim.add(size=-5)


def wrong_constant(graph_def):
    (node,) = (node for node in graph_def.node if node.name == "mul/y")
    node.attr["value"].tensor.dtype = tf.float64.as_datatype_enum


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without("mul"), "lacks the node 'mul'"),
        (changed("mul", input=["out", "mul/y"]), "has a loop"),
        (changed("mul", input=[]), "cannot be rebuilt"),
        (changed("mul", input=["Cast:9", "mul/y"]), "cannot be rebuilt"),
        (changed("mul", input=["Cast:x", "mul/y"]), "cannot be rebuilt"),
        (changed("mul", input=["layer/weight", "mul/y"]), "uses a variable"),
        (changed("mul", op="AddN"), "cannot be rebuilt"),
        (changed("mul", op="Placeholder"), "needs 'mul' to be fed"),
        (changed("mul", op="Mul\x1b[2J\n"), "needs the operation"),
        (changed("mul", T=tf.AttrValue(type=tf.string.as_datatype_enum)), "cannot be rebuilt"),
        (changed("mul", T=tf.AttrValue(s=b"\x1b[2J")), "cannot be rebuilt"),
        (changed("layer/weight", dtype=tf.AttrValue(type=7)), "of the type string"),
        (changed("layer/weight", shape=unknown), "shape is not known"),
        (changed("layer/weight", shape=negative), "shape is not known|cannot be rebuilt"),
        (wrong_constant, "cannot be rebuilt"),
    ],
)
def test_graphs_that_make_no_sense(change, said):
    graph_def = written(lambda x, _: tf.concat([x * 2.0, x + weight(4)], 0))
    change(graph_def)
    assert re.search(said, refused(graph_def))


def test_a_condition_on_the_images():
    def make(x, _):
        return tf.cond(x[0, 0] > 1, lambda: x, lambda: x + 1)

    assert "with a condition other than whether it is training" in refused(make)


def test_a_shape_that_depends_on_the_images():
    def make(x, _):
        return tf.range(tf.reduce_sum(x))

    assert "whose shape is not known" in refused(make)


def test_labels_are_not_given():
    def make(x, _):
        return x + tf.placeholder(tf.float32, [], "labels")

    assert "needs 'labels' to be fed" in refused(make)


def test_only_what_is_needed_in_an_order_that_works():
    graph_def = written(lambda x, _: tf.exp(x) + (x := x * 2.0))
    names = [node.name for node in needed(graph_def.node, ["mul:0"], ["images"])]
    assert names.index("Cast") < names.index("mul") and "Exp" not in names
    assert "images" not in names


def test_what_leaves_each_scope():
    def make(x, _):
        with tf.name_scope("hidden"):
            x = tf.exp(x * 2.0, "activation")
        with tf.name_scope("readout"):
            logits = tf.add(x, tf.random.stateless_uniform([4], [1, 2]), "logits")
            tf.nn.softmax(logits, name="probabilities")
        return logits

    graph_def = written(make)
    names = leaving(graph_def, ["out", "readout/probabilities"], "images")
    assert names == ["Cast", "hidden/activation", "readout/logits", "out", "readout/probabilities"]
