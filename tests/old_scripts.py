"""Small scripts in the styles of TensorFlow 1, and a process that runs them without waiting."""

from __future__ import annotations

import contextlib
import os
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests import command_server, data_files
from tests.command_server import CommandServer, Done

PIXELS = 28
TRAIN, TEST = 5_200, 200  # more than the 5,000 that read_data_sets holds out
_MODULES = ("helper.old_scripts.preparing", "helper.old_scripts.running")
_WITH_TENSORFLOW = ("helper.old_scripts.contrib", "helper.old_scripts.curves", "tf_keras")

DATA = """
from tensorflow.examples.tutorials.mnist import input_data
import tensorflow as tf
mnist = input_data.read_data_sets("MNIST_data/", one_hot=True)
"""
SOFTMAX = (
    DATA
    + """
x = tf.placeholder(tf.float32, [None, 784])
y_ = tf.placeholder(tf.float32, [None, 10])
W = tf.Variable(tf.zeros([784, 10]))
b = tf.Variable(tf.zeros([10]))
y = tf.nn.softmax(tf.matmul(x, W) + b)
cost = tf.reduce_mean(-tf.reduce_sum(y_ * tf.log(y), reduction_indices=[1]))
train_step = tf.train.GradientDescentOptimizer(0.01).minimize(cost)
accuracy = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(y, 1), tf.argmax(y_, 1)), tf.float32))
"""
)
TRAINED = (
    SOFTMAX
    + """
sess = tf.Session()
sess.run(tf.global_variables_initializer())
for i in range(20):
    xs, ys = mnist.train.next_batch(50)
    _, c = sess.run([train_step, cost], feed_dict={x: xs, y_: ys})
print("cost", c)
print("test", sess.run(accuracy, feed_dict={x: mnist.test.images, y_: mnist.test.labels}))
"""
)


def write_mnist(folder: Path) -> Path:
    """Images that look like MNIST's to a script: ten patterns that can be learned, and noise."""
    random = np.random.RandomState(3)
    classes = random.randint(0, 200, (10, PIXELS, PIXELS))
    arrays: list[np.ndarray] = []
    for number in (TRAIN, TEST):
        labels = (np.arange(number) % 10).astype(np.uint8)
        noise = random.randint(0, 55, (number, PIXELS, PIXELS))
        arrays += [(classes[labels] + noise).astype(np.uint8), labels]
    data_files.write_idx_set(folder, arrays)
    return folder


class Place:
    """A directory with a script and a log directory."""

    def __init__(self, server: CommandServer, folder: Path, data: Path) -> None:
        self.folder, self._server, self._data = folder, server, data
        self.logs = folder / "logs"

    def run(self, source: str, *arguments: str, name: str = "old.py", **options: Any) -> Done:
        """Write the script and run it. flags: those of ``run_v1.py`` itself."""
        script = self.folder / "scripts" / name
        script.parent.mkdir(exist_ok=True)
        script.write_text(textwrap.dedent(source))
        flags = options.pop("flags", [])
        command = ["scripts/run_v1.py", f"--data_dir={self._data}", *flags, str(script)]
        return self._server.run([*command, *arguments], self.folder, **options)

    @property
    def only_run(self) -> Path:
        (found,) = self.logs.glob("v1/*/*/run.json")
        return found.parent


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[CommandServer]:
    """A process that has imported what a script needs."""
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    try:
        with command_server.serving(folder, *_MODULES, *_WITH_TENSORFLOW) as server:
            yield server
    finally:
        del os.environ["TF_USE_LEGACY_KERAS"]
