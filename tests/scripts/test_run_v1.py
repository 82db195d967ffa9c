"""Old scripts in every style run unchanged; their output, exit code and errors are their own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from helper.runs import events, listing
from tests import old_scripts
from tests.command_server import ROOT, CommandServer
from tests.old_scripts import DATA, SOFTMAX, TRAINED, Place


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandServer]:
    with old_scripts.serving(tmp_path_factory.mktemp("outputs")) as started:
        yield started


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return old_scripts.write_mnist(tmp_path_factory.mktemp("data") / "mnist")


@pytest.fixture
def place(server: CommandServer, data: Path, tmp_path: Path) -> Place:
    return Place(server, tmp_path, data)


STYLES = {
    "tf.layers": SOFTMAX
    + """
    images = tf.reshape(x, [-1, 28, 28, 1])
    net = tf.layers.conv2d(images, 4, 5, activation=tf.nn.relu)
    net = tf.contrib.layers.flatten(tf.layers.max_pooling2d(net, 2, 2))
    logits = tf.layers.dense(tf.layers.dropout(net, 0.5, training=True), 10)
    loss = tf.losses.softmax_cross_entropy(y_, logits)
    train = tf.train.AdamOptimizer().minimize(loss)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        batch = mnist.train.next_batch(20)
        _, value = sess.run([train, loss], {x: batch[0], y_: batch[1]})
    """,
    "RNN cells": SOFTMAX
    + """
    from tensorflow.contrib import rnn
    rows = tf.unstack(tf.reshape(x, [-1, 28, 28]), 28, 1)
    outputs, _ = rnn.static_rnn(rnn.BasicLSTMCell(8), rows, dtype=tf.float32)
    cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.GRUCell(4) for _ in range(2)])
    more, _ = tf.nn.dynamic_rnn(cell, tf.reshape(x, [-1, 28, 28]), dtype=tf.float32)
    logits = tf.contrib.layers.fully_connected(outputs[-1], 10, activation_fn=None)
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(logits=logits, labels=y_))
    train = tf.train.RMSPropOptimizer(0.001, 0.9).minimize(loss)
    with tf.Session() as sess:
        tf.initialize_all_variables().run()
        batch = mnist.train.next_batch(20)
        _, value = sess.run([train, loss], {x: batch[0], y_: batch[1]})
    """,
    "InteractiveSession": SOFTMAX
    + """
    sess = tf.InteractiveSession()
    tf.global_variables_initializer().run()
    batch = mnist.train.next_batch(20)
    train_step.run(feed_dict={x: batch[0], y_: batch[1]})
    value = accuracy.eval({x: batch[0], y_: batch[1]})
    """,
    "queue runners": """
    import numpy as np
    import tensorflow as tf
    queue = tf.train.slice_input_producer([np.arange(20, dtype=np.float32)], num_epochs=2)
    batch = tf.train.batch(queue, 5)
    loss = tf.reduce_mean(batch)
    with tf.Session() as sess:
        sess.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
        coord = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(sess=sess, coord=coord)
        try:
            while not coord.should_stop():
                value = sess.run(loss)
        except tf.errors.OutOfRangeError:
            coord.request_stop()
        coord.join(threads)
    """,
    "Saver": SOFTMAX
    + """
    import os
    saver = tf.train.Saver()
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        path = saver.save(sess, "./ckpt/model.ckpt", global_step=3)
    tf.reset_default_graph()
    with tf.Session() as sess:
        tf.train.import_meta_graph(path + ".meta").restore(sess, tf.train.latest_checkpoint("ckpt"))
        value = os.path.exists("ckpt/checkpoint")
    """,
    "NumPy of that time": """
    import numpy as np
    import tensorflow as tf
    tf.app.flags.DEFINE_integer("units", np.int64(5), "")
    tf.app.flags.DEFINE_float("rate", np.float32(0.5), "")
    assert tf.app.flags.FLAGS.units == 5 and tf.app.flags.FLAGS.rate == 0.5
    a = np.reshape(np.zeros(4, np.float), newshape=[2, 2]).astype(np.int)
    labels = tf.constant(np.zeros(2, np.uint8))
    loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=tf.zeros([2, 3]))
    with tf.Session() as sess:
        value = sess.run(tf.reduce_mean(loss))
    """,
    "submodules": """
    import tensorflow.compat.v1 as again
    import tensorflow as tf
    from tensorflow.python.framework import ops
    from tensorflow.contrib.learn.python.learn.datasets.mnist import read_data_sets
    from tensorflow.contrib.tensorboard.plugins import projector
    from tensorflow.keras.layers import Dense
    from tensorflow.train import AdamOptimizer
    import tensorflow.keras.backend as K
    import tensorflow.layers as layers
    import input_data
    tf.app.flags.FLAGS._parse_flags()
    assert len(tf.contrib.learn.datasets.load_dataset("mnist").test.images)
    assert input_data.read_data_sets("x").test.num_examples == 200
    assert AdamOptimizer is tf.train.AdamOptimizer and K.set_session and layers.dense
    assert Dense is tf.keras.layers.Dense
    assert again.placeholder is tf.placeholder and tf.contrib.layers.xavier_initializer()
    assert projector.ProjectorConfig().embeddings is not None
    value = len(read_data_sets("x").train.labels)
    """,
    "Keras's own copy": """
    import tensorflow as tf
    import gzip, os, struct, urllib.request
    (images, labels), _ = tf.keras.datasets.mnist.load_data()
    path, _ = urllib.request.urlretrieve(
        "http://yann.lecun.com/exdb/mnist/t10k-labels-idx1-ubyte.gz", "labels.gz")
    assert os.stat(path).st_size == 4542
    magic, number = struct.unpack(">II", gzip.open(path).read(8))
    assert magic == 2049
    value = (images.shape[0], number)
    """,
    "contrib.layers": """
    import numpy as np
    import tensorflow as tf
    from tensorflow.contrib.layers import batch_norm, conv2d, dropout, flatten, max_pool2d
    training = tf.placeholder_with_default(False, [])
    images = tf.placeholder(tf.float32, [None, 6, 6, 1])
    ones = dict(weights_initializer=tf.ones_initializer())
    net = conv2d(images, 2, [3, 3], stride=2, scope="first", **ones)
    pooled = max_pool2d(net, 2, padding="SAME")
    normal = batch_norm(
        pooled, decay=0.5, is_training=training, updates_collections=None, scope="normal")
    dropped = dropout(flatten(normal), 0.5, is_training=training)
    regularizer = tf.contrib.layers.l1_regularizer(0.5)
    tf.contrib.layers.linear(dropped, 1, weights_regularizer=regularizer, **ones)
    names = [variable.op.name for variable in tf.global_variables()]
    assert names == [
        "first/weights", "first/biases", "normal/beta", "normal/moving_mean",
        "normal/moving_variance", "fully_connected/weights", "fully_connected/biases"], names
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        feed = {images: np.ones([3, 6, 6, 1])}
        assert sess.run(net, feed)[0, :, :, 0].tolist() == [[9, 9, 6], [9, 9, 6], [6, 6, 4]]
        assert sess.run(pooled, feed)[0, :, :, 0].tolist() == [[9, 6], [6, 4]]
        assert sess.run(tf.losses.get_regularization_loss()) == 0.5 * 8
        assert sess.run(dropped, feed)[0, 0] > 8.9
        trained = sess.run(dropped, {**feed, training: True})
        assert (trained == 0).any()
        moved = sess.run("normal/moving_mean:0")
        assert np.allclose(moved, (9 + 6 + 6 + 4) / 4 / 2)
        value = moved
    """,
    "MNIST's files": """
    from tensorflow.contrib.learn.python.learn.datasets import base, mnist
    from tensorflow.examples.tutorials.mnist import input_data
    site = "http://yann.lecun.com/exdb/mnist/"
    name = "t10k-labels-idx1-ubyte.gz"
    path = base.maybe_download(name, "got", site + name)
    with open(path, "rb") as file:
        labels = mnist.extract_labels(file)
    again = input_data.maybe_download(name, "got", site)
    assert again == path and mnist.extract_labels(open(path, "rb"), one_hot=True).shape == (200, 10)
    path = input_data.maybe_download("t10k-images-idx3-ubyte.gz", "got", site)
    images = mnist.extract_images(open(path, "rb"))
    assert images.shape == (200, 28, 28, 1) and images.max() > 200
    try:
        mnist.extract_images(open(again, "rb"))
    except ValueError as error:
        assert "Invalid magic number 2049 in MNIST image file" in str(error)
    value = labels[:3]
    """,
    "Keras by older names": """
    import tensorflow as tf
    from keras.datasets import mnist
    from keras.models import Sequential
    from keras.layers.core import Dense
    from keras.utils import np_utils
    from tensorflow.python.keras.datasets import mnist as again
    import keras.backend as K
    (images, labels), _ = mnist.load_data()
    assert again.load_data()[0][0].shape == images.shape == (5200, 28, 28)
    model = Sequential([Dense(10, activation="softmax", input_dim=784)])
    model.compile("sgd", "categorical_crossentropy")
    model.fit(images[:50].reshape(-1, 784) / 255, np_utils.to_categorical(labels[:50], 10),
        epochs=1, verbose=0)
    value = K.get_session() is tf.keras.backend.get_session()
    """,
}


@pytest.mark.parametrize("style", STYLES)
def test_runs(style: str, place: Place) -> None:
    source = STYLES[style]
    lines = [line.removeprefix("    ") for line in source.splitlines()]
    done = place.run("\n".join(lines) + "\nprint('value', value)\n")
    assert (done.code, done.stderr) == (0, ""), done.stderr
    assert done.stdout.startswith("value")
    assert json.loads((place.only_run / "run.json").read_text())["status"] == "completed"
    assert (place.only_run / "output.txt").read_text() == done.stdout


def test_leaves_a_run(place: Place) -> None:
    done = place.run(TRAINED, "--rate", "0.5", "--deep", "left", flags=["--run_name=first"])
    cost, accuracy = (float(line.split()[1]) for line in done.stdout.splitlines())
    (run,) = listing.find(place.logs)
    assert (run.name, run.record and run.record.origin) == ("v1/old/0001-first", "script")
    assert run.record and run.record.step == 20
    assert run.flags["rate"] == 0.5 and run.flags["deep"] == "left"
    assert str(run.record.engine["script_sha256"]).startswith(str(run.flags["script"]))
    found = run.curves()
    assert sorted(found) == ["test/accuracy", "train/cost"]
    assert list(found["train/cost"].step) == list(range(1, 21))
    assert found["train/cost"].value[-1] == pytest.approx(cost)
    assert list(found["test/accuracy"].step) == [20]
    assert found["test/accuracy"].value[0] == pytest.approx(accuracy)
    assert (run.path / "script.py").read_text().strip() == TRAINED.strip()
    graph = events.read_graph(run.path / "train", report=print)
    assert graph is not None and "Placeholder" in {node.name for node in graph.node}
    assert not list(place.folder.glob("scripts/MNIST_data"))


def test_summaries_go_to_the_run_and_data_does_not(place: Place) -> None:
    done = place.run(
        SOFTMAX
        + """
data = tf.constant(mnist.validation.images)
tf.summary.scalar("cost_of_a_batch", cost)
merged = tf.summary.merge_all()
sess = tf.Session()
train_writer = tf.summary.FileWriter("/nowhere/train", sess.graph)
test_writer = tf.summary.FileWriter("/nowhere/test")
sess.run(tf.global_variables_initializer())
for i in range(3):
    feed = {x: mnist.test.images, y_: mnist.test.labels}
    summary, _ = sess.run([merged, train_step], feed)
    (train_writer if i else test_writer).add_summary(summary, i)
train_writer.close()
print(train_writer.get_logdir())
"""
    )
    assert done.stderr == ""
    assert done.stdout.strip() == str(place.only_run / "train")
    (run,) = listing.find(place.logs)
    curves = run.curves()
    assert list(curves["train/cost_of_a_batch"].step) == [1, 2]
    assert list(curves["test/cost_of_a_batch"].step) == [0]
    assert sum(f.stat().st_size for f in run.path.rglob("*")) < 1 << 20
    graph = events.read_graph(run.path / "train", report=print)
    assert graph and any("_bytes_left_out" in node.attr for node in graph.node)


def test_a_monitored_session(place: Place) -> None:
    done = place.run(
        SOFTMAX
        + """
step = tf.train.get_or_create_global_step()
train = tf.train.GradientDescentOptimizer(0.01).minimize(cost, global_step=step)
tf.summary.scalar("loss_of_a_batch", cost)
hooks = [tf.train.StopAtStepHook(last_step=5)]
with tf.train.MonitoredTrainingSession(
    checkpoint_dir="checkpoints", hooks=hooks, save_summaries_steps=2
) as sess:
    while not sess.should_stop():
        xs, ys = mnist.train.next_batch(50)
        _, c = sess.run([train, accuracy], feed_dict={x: xs, y_: ys})
"""
    )
    assert (done.code, done.stderr) == (0, "")
    (run,) = listing.find(place.logs)
    curves = run.curves()
    assert list(curves["train/accuracy"].step) == [1, 2, 3, 4, 5]
    assert "train/loss_of_a_batch" in curves
    assert run.record and run.record.step == 5 and "not_recorded" not in run.record.engine


def test_the_projector_finds_what_the_script_saved(place: Place) -> None:
    done = place.run(
        """
        import os
        import tensorflow as tf
        from tensorflow.contrib.tensorboard.plugins import projector
        embedding = tf.Variable(tf.zeros([3, 2]), name="embedding")
        sess = tf.InteractiveSession()
        tf.global_variables_initializer().run()
        writer = tf.summary.FileWriter("logs_of_its_own", sess.graph)
        config = projector.ProjectorConfig()
        one = config.embeddings.add()
        one.tensor_name, one.metadata_path = embedding.name, "labels.tsv"
        projector.visualize_embeddings(writer, config)
        os.makedirs("logs_of_its_own")
        tf.train.Saver().save(sess, "logs_of_its_own/model.ckpt", 1)
        """
    )
    assert (done.code, done.stderr) == (0, "")
    settings = (place.only_run / "train" / "projector_config.pbtxt").read_text()
    its_own = place.folder / "scripts" / "logs_of_its_own"
    assert f'model_checkpoint_path: "{its_own}/model.ckpt-1"' in settings
    assert f'metadata_path: "{its_own}/labels.tsv"' in settings


def test_no_curves(place: Place) -> None:
    place.run(TRAINED, flags=["--no_curves"])
    (run,) = listing.find(place.logs)
    assert run.curves() == {}
    assert run.record and run.record.step == 20


def test_main_with_flags_and_arguments(place: Place) -> None:
    (place.folder / "scripts").mkdir()
    (place.folder / "scripts" / "beside.py").write_text("value = 7")
    done = place.run(
        """
        import os, sys
        import tensorflow as tf
        import beside
        flags = tf.app.flags
        flags.DEFINE_float("rate", 0.1, "the rate")
        FLAGS = flags.FLAGS
        def main(_):
            print(FLAGS.rate, os.path.basename(os.getcwd()), os.path.basename(sys.argv[0]))
            print(__name__, os.path.basename(__file__), beside.value, sys.argv[1:])
            return 3
        if __name__ == "__main__":
            tf.app.run()
        """,
        "--rate=0.25",
    )
    assert done.stdout.splitlines() == [
        "0.25 scripts old.py",
        "__main__ old.py 7 ['--rate=0.25']",
    ], done.stderr
    assert done.code == 3


def test_a_module_beside_the_script_may_be_called_helper(place: Place) -> None:
    (place.folder / "scripts").mkdir()
    (place.folder / "scripts" / "helper.py").write_text("value = 7")
    done = place.run(TRAINED + "\nimport helper\nprint(helper.value)\n")
    assert (done.code, done.stderr) == (0, "") and done.stdout.endswith("\n7\n")
    (run,) = listing.find(place.logs)
    assert sorted(run.curves()) == ["test/accuracy", "train/cost"]


def test_figures_are_files(place: Place) -> None:
    done = place.run(
        """
        import matplotlib
        matplotlib.use("TkAgg")
        import matplotlib.pyplot as plt
        figure = plt.figure()
        plt.plot([1, 2])
        plt.show()
        figure, axes = plt.subplots()
        figure.show()
        plt.draw()
        plt.waitforbuttonpress()
        plt.pause(0.01)
        """,
        environment={"DISPLAY": "", "WAYLAND_DISPLAY": ""},
    )
    assert (done.code, done.stderr) == (0, "")
    files = sorted(path.name for path in (place.only_run / "figures").iterdir())
    assert files == ["001.png", "002.png"]


FAILURES = {
    "import tensorflow.contrib.slim as slim": "tf.contrib.slim is not supported: slim ended",
    "from tensorflow.contrib import slim": "tf.contrib.slim is not supported: slim ended",
    "import tensorflow as tf\ntf.contrib.slim": "line 2: tf.contrib.slim is not supported",
    "import tensorflow as tf\ntf.estimator.Estimator": "TensorFlow removed Estimator",
    "import tensorflow as tf\ntf.train.SummaryWriter('x')": "tf.summary.FileWriter",
    "import tensorflow as tf\ntf.mul(2, 3)": "from before TensorFlow 1.0",
    "print 'hello'": "line 1: it is written in Python 2",
    "import cPickle": "the module cPickle is one of Python 2",
    "for i in xrange(3): pass": "xrange is a name of Python 2",
    "import scipy.misc\nscipy.misc.imread('x')": "not in the scipy of today",
    "import numpy as np\nnp.zeros(2).tostring_()": "numpy.ndarray.tostring_ is not in the numpy",
    "from scipy.misc import imread": "scipy.misc.imread is not in the scipy of today",
    "import tensorflow as tf\ntf.nn.sigmoid_cross_entropy_with_logits(3.0, 1.0)": (
        "sigmoid_cross_entropy_with_logits without names for its arguments is not supported"
    ),
    "from tensorflow.contrib import layers\nlayers.batch_norm([[1.0]], batch_weights=[1])": (
        "an argument of tf.contrib.layers.batch_norm is not supported"
    ),
    "from tensorflow.contrib import layers\nlayers.conv2d([[[[1.0]]]], 1, 1, data_format='NCHW')": (
        "only NHWC is here"
    ),
    "from tensorflow.python.ops.rnn_cell_impl import _linear": "_linear is not supported: it",
    "import tensorflow.python.ops.seq2seq": "ops.seq2seq is not supported: it was internal",
    "from tensorflow.models.rnn import rnn": "tf.models is not supported",
}


@pytest.mark.parametrize("source", FAILURES)
def test_not_supported_in_one_line(source: str, place: Place) -> None:
    done = place.run(source)
    assert done.code == 1
    line = done.stderr.splitlines()[-1]
    assert line.startswith("error: old.py, line ") and "Traceback" not in done.stderr
    assert FAILURES[source] in line
    assert json.loads((place.only_run / "run.json").read_text())["status"] == "failed"


def test_a_traceback_is_the_scripts(place: Place) -> None:
    done = place.run(
        SOFTMAX
        + """
def train():
    with tf.Session() as sess:
        sess.run(cost)
train()
"""
    )
    assert done.code == 1
    assert "old_scripts" not in done.stderr and "run_v1.py" not in done.stderr
    assert 'old.py", line' in done.stderr and "in train" in done.stderr


@pytest.mark.parametrize(
    ("source", "code", "status"),
    [
        ("import sys; sys.exit(3)", 3, "failed"),
        ("import sys; sys.exit('words')", 1, "failed"),
        ("import sys; sys.exit()", 0, "completed"),
        ("import os; os._exit(4)", 4, "failed"),
        ("import os; os._exit(0)", 0, "completed"),
        ("import os; os.kill(os.getpid(), 15)", -15, "interrupted"),
        ("import os; os.kill(os.getpid(), 9)", -9, "killed"),
        ("raise KeyboardInterrupt", -2, "interrupted"),
        ("1 / 0", 1, "failed"),
        ("this is not Python", 1, "failed"),
        ("import os\nif os.fork():\n    os.wait()", 0, "completed"),
        ("import threading\nthreading.Thread(target=print).start()", 0, "completed"),
    ],
)
def test_how_it_ends(source: str, code: int, status: str, place: Place) -> None:
    done = place.run(source)
    assert done.code == code
    (run,) = listing.find(place.logs)
    assert str(run.status) == status


def test_output_is_untouched_and_kept(place: Place) -> None:
    done = place.run(
        """
        import os, sys
        print("one", flush=True)
        os.write(2, b"two\\xff\\n")
        os.system("echo three")
        print("four", file=sys.stderr)
        print("ä", sys.stdout.isatty())
        """
    )
    assert done.stdout == "one\nthree\nä False\n"
    assert done.stderr == "two\\xff\nfour\n"
    kept = (place.only_run / "output.txt").read_bytes()
    assert sorted(kept.splitlines()) == sorted(
        [b"one", b"two\xff", b"three", b"four", "ä False".encode()]
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing.py"], "does not exist"),
        (["."], "is not a file"),
        (["a.ipynb"], "notebook"),
        (["--run_name=a/b", "a.py"], "run name"),
        (["--logdir=/dev/null/x", "a.py"], "cannot write to the log directory"),
        (["--learning_rate=1", "a.py"], "see --help"),
        (["binary.py"], "is not a Python script"),
        ([], "see --help"),
    ],
)
def test_refuses_in_one_line(arguments: list[str], said: str, place: Place) -> None:
    for name in ("a.py", "a.ipynb"):
        (place.folder / name).write_text("print('it ran')")
    (place.folder / "binary.py").write_bytes(b"\x7fELF\0\0")
    done = place._server.run(["scripts/run_v1.py", *arguments], place.folder)
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
    assert said in done.stderr and done.stdout == ""
    assert done.code in (1, 2)


def test_a_deleted_log_directory(place: Place) -> None:
    done = place.run(TRAINED + f"\nimport shutil; shutil.rmtree({str(place.logs)!r})\n")
    assert done.code == 0
    assert done.stdout.count("\n") == 2
    assert all(line.startswith("note: ") for line in done.stderr.splitlines())
    assert "removed" in done.stderr


def test_without_data(place: Place) -> None:
    done = place.run(DATA, flags=[f"--data_dir={place.folder / 'nothing'}"])
    assert (done.code, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1 and "is not a folder" in done.stderr


@pytest.mark.slow
def test_ctrl_c_and_sigterm_reach_the_script(tmp_path: Path) -> None:
    script = tmp_path / "waits.py"
    script.write_text(
        "import time\nprint('ready', flush=True)\n"
        "try:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    print('bye')\n    raise\n"
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        command = [sys.executable, str(ROOT / "scripts/run_v1.py"), str(script)]
        with subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout and process.stdout.readline() == "ready\n"
            time.sleep(0.1)
            process.send_signal(number)
            out, err = process.communicate(timeout=60)
        assert process.returncode == -number
        if number == signal.SIGINT:
            assert out == "bye\n" and err.rstrip().endswith("KeyboardInterrupt")
            assert "old_scripts" not in err
