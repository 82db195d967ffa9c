"""Which numbers become curves, under which names, at which steps, and what that costs."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

tf = pytest.importorskip("helper.tensorflow_v1").tf

from helper.old_scripts.curves import Curves  # noqa: E402 - after TensorFlow
from helper.old_scripts.fed import Fed  # noqa: E402
from helper.old_scripts.points import Curve  # noqa: E402
from helper.old_scripts.sink import Sink  # noqa: E402
from helper.recording import recorder  # noqa: E402


class Points(Sink):
    """Keeps the points instead of writing them."""

    def __init__(self) -> None:
        self.fault = ""
        self.points: dict[str, list[tuple[int, float]]] = {}

    def scalars(self, split: str, step: int, values: dict[str, float]) -> None:
        for tag, value in values.items():
            self.points.setdefault(f"{split}/{tag}", []).append((step, value))

    def reached(self, step: int) -> None:
        pass

    def graph(self, graph: Any) -> None:
        pass


@pytest.fixture(autouse=True)
def plain_run() -> Iterator[None]:
    """``Session.run`` as it was, and a graph of the test's own."""
    from tensorflow.python.client.session import BaseSession

    plain = BaseSession.run
    with tf.Graph().as_default():
        yield
    BaseSession.run = plain


def fetched(tmp_path: Path, source: str, taken: tuple[str, ...] = ()) -> dict[str, Any]:
    """The points of the curves of a script."""
    points = Points()
    curves = Curves(points, Fed().split, lambda graph: taken)
    curves.install()
    path = tmp_path / "script.py"
    path.write_text(textwrap.dedent(source))
    exec(compile(path.read_text(), str(path), "exec"), {"__name__": "__main__", "tf": tf})
    curves.close()
    assert not curves.fault
    return points.points


TRAINING = """
w = tf.Variable(1.0)
cost = tf.square(w, name="square")
train = tf.train.GradientDescentOptimizer(0.25).minimize(cost)
sess = tf.Session()
sess.run(tf.global_variables_initializer())
"""


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ("_, c = sess.run([train, cost])", "cost"),
        ("_, c = sess.run([train, tf.square(w, name='sq')])", "c"),
        ("c = sess.run('square:0'); sess.run(train)", "cost"),
        ("c = sess.run('sum:0') if tf.add(w, 1, name='sum') is not None else 0", "sum"),
        ("x = {'loss': sess.run({'loss': tf.identity(w, name='i'), 't': train})}", "loss"),
        ("print(sess.run((train, tf.identity(w, name='only')))[1])", "only"),
        ("sess.run(train); c = cost.eval(session=sess)", "cost"),
        ("class M: pass\nm = M(); m.error, m.t = w + 1, train\nsess.run([m.error, m.t])", "error"),
    ],
)
def test_names(call: str, name: str, tmp_path: Path, capsys: Any) -> None:
    assert list(fetched(tmp_path, TRAINING + call)) == [f"train/{name}"]


def test_steps_are_runs_of_the_training_operation(tmp_path: Path) -> None:
    found = fetched(
        tmp_path,
        TRAINING
        + """
print(sess.run(cost), sess.run(cost))
for i in range(4):
    sess.run(train)
    if i % 2:
        sess.run(cost)
""",
    )
    assert [step for step, _ in found["train/cost"]] == [0, 2, 4]
    assert found["train/cost"][0][1] == 1.0


def test_steps_continue_from_global_step(tmp_path: Path) -> None:
    source = TRAINING.replace("minimize(cost)", "minimize(cost, global_step=g)").replace(
        "w =", "g = tf.train.get_or_create_global_step()\nw ="
    )
    found = fetched(
        tmp_path, source + "sess.run(tf.assign(g, 100))\nfor i in range(2): sess.run([train, cost])"
    )
    assert [step for step, _ in found["train/cost"]] == [101, 102]


def test_updates_by_hand_and_two_optimizers(tmp_path: Path) -> None:
    found = fetched(
        tmp_path,
        """
        a, b = tf.Variable(1.0), tf.Variable(2.0)
        loss = a * b
        one = tf.assign(a, a - 0.1)
        two = tf.assign_sub(b, 0.1)
        sess = tf.Session()
        sess.run([a.initializer, b.initializer])
        for i in range(3):
            sess.run(one)
            sess.run(two)
            sess.run(loss)
        """,
    )
    assert [step for step, _ in found["train/loss"]] == [1, 2, 3]


def test_without_training_the_numbers_are_counted(tmp_path: Path) -> None:
    found = fetched(
        tmp_path,
        """
        loss = tf.random_uniform([])
        vector = tf.zeros([3])
        with tf.Session() as sess:
            for i in range(3):
                sess.run([loss, vector])
        """,
    )
    assert [step for step, _ in found["train/loss"]] == [0, 1, 2]
    assert list(found) == ["train/loss"]


def test_a_tag_of_the_scripts_own_summaries_is_left_to_them(tmp_path: Path) -> None:
    found = fetched(tmp_path, TRAINING + "sess.run([train, cost])", taken=("cost",))
    assert list(found) == ["train/fetched/cost"]


def test_a_long_curve_has_few_points_and_one_for_a_step() -> None:
    curve = Curve()
    for step in range(1, 100_001):
        curve.add(step, float(step))
    curve.end_point()
    assert 1_000 <= len(curve.points) < 10_000
    assert [step for step, _ in curve.points[:3]] == [1, 2, 3]
    assert curve.points[-1][0] == 100_000
    batches = Curve()
    for value in (1.0, 2.0, 6.0):
        batches.add(7, value)
    batches.end_point()
    assert batches.points == [(7, 3.0)]


@pytest.mark.slow
def test_costs_little(tmp_path: Path) -> None:
    """Softmax regression, whose steps are the shortest of all: the two loops take turns."""
    from tensorflow.python.client.session import BaseSession

    images, labels = np.ones((100, 784), np.float32), np.eye(10)[np.arange(100) % 10]
    x, y = tf.placeholder(tf.float32, [None, 784]), tf.placeholder(tf.float32, [None, 10])
    logits = tf.matmul(x, tf.Variable(tf.zeros([784, 10]))) + tf.Variable(tf.zeros([10]))
    cost = tf.losses.softmax_cross_entropy(y, logits)
    train = tf.train.GradientDescentOptimizer(0.01).minimize(cost)
    record = recorder.start("cost", logdir=tmp_path, origin="script")
    curves = Curves(Sink(record), Fed().split, lambda graph: ())
    plain = BaseSession.run
    curves.install()
    watched = BaseSession.run
    seconds: dict[Any, list[float]] = {plain: [], watched: []}
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for turn in range(42):
            for run in seconds:
                BaseSession.run = run
                began = time.process_time()
                for _ in range(100):
                    session.run([train, cost], {x: images, y: labels})
                if turn > 1:
                    seconds[run].append(time.process_time() - began)
    curves.close()
    assert curves.steps.step > 4_000 and not curves.fault
    # Turns next to each other are slowed alike by other programs.
    ratio = np.median(np.array(seconds[watched]) / np.array(seconds[plain]))
    print(f"with curves {ratio:.3f} times the time")
    assert ratio < 1.1
