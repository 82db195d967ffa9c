from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

from helper.files import PROJECT_ROOT
from helper.runs import events
from helper.tensorflow_v1 import stderr_held_back


def test_lines_are_held_back(capfd):
    with stderr_held_back():
        os.write(2, b"a line from C++\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def test_lines_are_shown_where_the_import_fails(capfd):
    with pytest.raises(ImportError), stderr_held_back():
        os.write(2, b"undefined symbol\n")
        raise ImportError
    assert capfd.readouterr().err == "undefined symbol\n"


def test_lines_are_shown_on_request(capfd, monkeypatch):
    monkeypatch.setenv("SHOW_TENSORFLOW_LOG", "1")
    with stderr_held_back():
        os.write(2, b"a line from C++\n")
    assert capfd.readouterr().err == "a line from C++\n"


# In the place of TensorFlow: it says that it is imported, and what is called.
FAKE = """
import logging, os, sys
print("imported", flush=True)
os.write(2, b"a line from C++\\n")
if os.environ.get("BROKEN"):
    raise ImportError("undefined symbol")
__version__, errors = "9.9", object()
def disable_eager_execution(): print("graphs", flush=True)
def get_logger(): return logging.getLogger("tensorflow")
"""


@pytest.fixture
def tried(tmp_path):
    """tried("from helper import tf", …): what these lines print, with a false TensorFlow."""
    package = tmp_path / "tensorflow" / "compat"
    package.mkdir(parents=True)
    for folder in (package, package.parent):
        (folder / "__init__.py").touch()
    (package / "v1.py").write_text(FAKE)
    path = os.pathsep.join([str(tmp_path), str(PROJECT_ROOT)])

    def run(*lines: str, **variables: str) -> tuple[list[str], str]:
        done = subprocess.run(
            [sys.executable, "-c", "\n".join(lines)],
            env=os.environ | {"PYTHONPATH": path} | variables,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.stdout.split(), done.stderr

    return run


def test_the_first_use_imports(tried):
    use = "print(tf.__version__, tf.errors is tf.errors)"
    shown = tried("from helper.tensorflow_v1 import tf", "print(repr(tf).split()[0])", use, use)
    assert shown == (["<module", "imported", "9.9", "True", "9.9", "True"], "")


def test_the_face_alone_switches_eager_execution_off(tried):
    """TensorBoard's process, in which the tab lives, keeps its own way."""
    face = "from helper import *"
    assert tried(face, "print('lazy')", "tf.errors") == (["lazy", "imported", "graphs"], "")
    later = tried("from helper.tensorflow_v1 import tf", "tf.errors", "print('used')", face)
    assert later == (["imported", "used", "graphs"], "")


def test_names_for_completion(tried):
    shown = tried("from helper import tf", "import types", "print('errors' in dir(tf))")
    assert shown == (["imported", "graphs", "True"], "")
    kind = "print(isinstance(tf, types.ModuleType))"
    assert tried("from helper import tf", "import types", kind) == (["True"], "")


def test_an_unknown_name(tried):
    shown = tried("from helper.tensorflow_v1 import tf", "print(hasattr(tf, 'nothing'))")
    assert shown == (["imported", "False"], "")


def test_threads_import_it_once(tried):
    shown = tried(
        "from helper.tensorflow_v1 import tf",
        "from threading import Thread",
        "threads = [Thread(target=lambda: tf.errors) for _ in range(8)]",
        "[thread.start() for thread in threads]",
        "[thread.join() for thread in threads]",
    )
    assert shown == (["imported"], "")


def test_an_import_that_fails_is_shown(tried):
    out, err = tried("from helper.tensorflow_v1 import tf", "tf.errors", BROKEN="1")
    assert out == ["imported"] and err.startswith("a line from C++\nTraceback")
    assert err.endswith("ImportError: undefined symbol\n")


# An experiment as people wrote them for TensorFlow 1.13: an edge filter before a logistic
# regression, fed batch by batch, with summaries of its own.
SCRIPT = """
from helper import *

BATCH_SIZE = 100
STEPS = 40
SUMMARY_DIR = 'log_edges'

(X_train, y_train), (X_test, y_test) = mnist_samples(binalize_label=True)

ds = tf.data.Dataset.from_tensor_slices((X_train, y_train))
ds = ds.shuffle(1000).repeat().batch(BATCH_SIZE)
next_batch = ds.make_one_shot_iterator().get_next()

with tf.name_scope('input'):
    x = tf.placeholder(tf.float32, [None, 28, 28], name='images')
    y_ = tf.placeholder(tf.float32, [None, 1], name='labels')

with tf.name_scope('edges'):
    edges = tf.nn.conv2d(tf.reshape(x, [-1, 28, 28, 1]), prewitt_filter(), [1, 1, 1, 1], 'SAME')
    edges = tf.reshape(tf.abs(edges), [-1, 28 * 28 * 2])

with tf.name_scope('readout'):
    W = weight_variable([28 * 28 * 2, 1], name='weight')
    b = bias_variable([1], name='bias')
    y = tf.nn.sigmoid(tf.matmul(edges, W) + b)

with tf.name_scope('optimize'):
    y = tf.clip_by_value(y, 1e-7, 1.0 - 1e-7)
    log_likelihood = tf.reduce_mean(
        tf.reduce_sum(y_ * tf.log(y) + (1 - y_) * tf.log(1 - y), axis=1))
    train_step = tf.train.GradientDescentOptimizer(0.1).minimize(-log_likelihood)

with tf.name_scope('evaluate'):
    correct = tf.equal(tf.sign(y - 0.5), tf.sign(y_ - 0.5))
    accuracy = tf.reduce_mean(tf.cast(correct, tf.float32))

tf.summary.scalar('log likelihood', log_likelihood)
tf.summary.scalar('accuracy', accuracy)
summaries = tf.summary.merge_all()

with tf.Session() as sess:
    train_writer = tf.summary.FileWriter(SUMMARY_DIR + '/train', sess.graph)
    test_writer = tf.summary.FileWriter(SUMMARY_DIR + '/test')
    sess.run(tf.global_variables_initializer())
    for i in range(STEPS + 1):
        images, labels = sess.run(next_batch)
        sess.run(train_step, feed_dict={x: images, y_: labels})
        if i % 20 == 0:
            train_acc, summary = sess.run([accuracy, summaries], {x: images, y_: labels})
            train_writer.add_summary(summary, i)
            test_acc, summary = sess.run([accuracy, summaries], {x: X_test, y_: y_test})
            test_writer.add_summary(summary, i)
            print('step: {}, train-acc: {}, test-acc: {}'.format(i, train_acc, test_acc))
    train_writer.close()
    test_writer.close()
"""

# Starts the script as `python script.py` would, with a small data set in the place of MNIST.
START = """
import runpy, sys
import numpy as np
from helper.data import datasets

def load(name="mnist"):
    random = np.random.RandomState(0)
    labels = np.arange(600) % 10
    images = random.randint(0, 80, (600, 28, 28)).astype(np.uint8)
    images[labels == 1, 4:24, 12:15] = 255
    images = images.reshape(600, 784)
    one, two = (datasets.Split(images[i], labels[i].astype(np.int64))
                for i in (slice(0, 500), slice(500, 600)))
    return datasets.Dataset("small", one, two, (28, 28), 10, "00" * 32)

datasets.load = load
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_experiment_of_version_1_runs_unchanged(tmp_path):
    (tmp_path / "experiment.py").write_text(SCRIPT)
    (tmp_path / "start.py").write_text(textwrap.dedent(START))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = subprocess.run(
        [sys.executable, "../start.py", "../experiment.py"],
        cwd=elsewhere,
        env=os.environ | {"PYTHONPATH": str(PROJECT_ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line.split(",")[0] for line in lines] == ["step: 0", "step: 20", "step: 40"]
    assert float(lines[-1].split("test-acc: ")[1]) > 0.95
    for split in ("train", "test"):
        curve = events.read_scalars(elsewhere / "log_edges" / split)
        assert list(curve["accuracy"].step) == [0, 20, 40]
