"""Checks of the functions that the exercises ask for.

Each calls the reader's function and returns "" if it is right, otherwise a hint.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Answer = Callable[..., Any]


def placeholders(answer: Answer) -> str:
    from helper import tf

    with tf.Graph().as_default() as graph:
        if list(answer(graph)):
            return "an empty graph has no placeholders"
        for name in ("labels", "images"):
            tf.placeholder_with_default(tf.placeholder(tf.float32, name=name), None)
        tf.constant(1.0, name="Placeholder")
        if list(answer(graph)) != ["images", "labels"]:
            return "look at the operation (op.type or node.op) rather than the name, and sort"
    return ""


def needed(answer: Answer) -> str:
    from helper import tf

    with tf.Graph().as_default() as graph:
        a, b = tf.constant(1.0, name="a"), tf.constant(2.0, name="b")
        c = tf.add(a, b, name="c")
        tf.multiply(c, a, name="d")
        tf.negative(b, name="e")
        for name, right in {"a": "a", "c": "abc", "d": "abcd", "e": "be"}.items():
            if set(answer(graph, name)) != set(right):
                return f"of a = 1, b = 2, c = a + b, d = c · a, e = −b, not the set for {name!r}"
    return ""


def running_average(answer: Answer) -> str:
    from helper import tf

    with tf.Graph().as_default(), tf.Session() as session:
        average = tf.Variable(10.0)
        value = tf.placeholder(tf.float32)
        operation = answer(tf, average, value)
        session.run(tf.global_variables_initializer())
        expected = 10.0
        for given in (0.0, 20.0, -5.0):
            session.run(operation, {value: given})
            expected = 0.9 * expected + 0.1 * given
            if abs(session.run(average) - expected) > 1e-4:
                return "run once, it does not leave 0.9 · average + 0.1 · value in the variable"
    return ""


def logistic_gradient(answer: Answer) -> str:
    random = np.random.RandomState(1)
    x, w = random.randn(7, 3), random.randn(3)
    targets = np.array([0, 1, 1, 0, 1, 0, 0])

    def loss(w: np.ndarray) -> float:
        y = 1 / (1 + np.exp(-x @ w))
        return float(np.mean(-targets * np.log(y) - (1 - targets) * np.log(1 - y)))

    given = np.asarray(answer(x, targets, w), float)
    if given.shape != (3,):
        return f"the gradient has the shape of w, (3,), not {given.shape}"
    small = 1e-6 * np.eye(3)
    slopes = np.array([(loss(w + d) - loss(w - d)) / 2e-6 for d in small])
    if not np.allclose(given, slopes, atol=1e-6):
        return "it is not the slope of the loss, (loss(w + d) − loss(w − d)) / 2d"
    return ""


def recall(answer: Answer) -> str:
    given = np.asarray(answer(np.array([0, 1, 1, 2, 0]), np.array([0, 1, 0, 0, 0]), 4), float)
    if given.shape != (4,):
        return f"one number for each of 4 classes, [4], not {list(given.shape)}"
    if not np.allclose(given, [0.5, 1, 0, 0]):
        return "for predictions 0 1 1 2 0 and labels 0 1 0 0 0 it gives something else"
    return ""


def dead_share(answer: Answer) -> str:
    activations = np.array([[0, 1, 0, 0], [0, 0, 2, 0], [0, 0, 0, 0]], np.float32)
    if not np.isclose(answer(activations), 0.5):
        return "a unit is a column; it is dead if the whole column is 0"
    return "" if np.isclose(answer(activations[:, 1:3]), 0) else "without dead units it is 0"


def place_of_step(answer: Answer) -> str:
    for step, batch, examples in ((0, 100, 60_000), (600, 100, 60_000), (7, 32, 100), (5, 40, 30)):
        if tuple(answer(step, batch, examples)) != divmod(step * batch, examples):
            return f"not for step {step} of batches of {batch} of {examples:,} examples"
    return ""


def doubling(answer: Answer) -> str:
    from helper import tf

    with tf.Graph().as_default() as graph, tf.Session() as session:
        v = tf.Variable(3.0)
        many, few = answer(tf, v, 10), answer(tf, v, 1)
        for fetch, right in ((many, 3072.0), (few, 6.0)):
            session.run(v.initializer)
            session.run(fetch)
            if session.run(v) != right:
                return f"3, doubled {10 if right > 6 else 1} times, became {session.run(v):g}"
        before = len(graph.get_operations())
        answer(tf, v, 1000)
        if len(graph.get_operations()) - before > 1000:
            return "a loop in Python adds nodes for every step; use tf.while_loop"
    return ""


def order(answer: Answer) -> str:
    np.random.seed(1)
    state = np.random.get_state()[1].copy()  # type: ignore[index, union-attr]
    orders = {key: list(answer(*key, 50)) for key in ((1, 0), (1, 1), (2, 0), (2, 1), (0, 1))}
    if any(sorted(found) != list(range(50)) for found in orders.values()):
        return "each of 0 … 49 must occur once"
    if len({tuple(found) for found in orders.values()}) < len(orders):
        return "two pairs (seed, epoch) gave the same order, such as (1, 0) and (0, 1)"
    if not np.array_equal(state, np.random.get_state()[1]):  # type: ignore[index]
        return "it used NumPy's global generator; make one of your own"
    np.random.seed(2)
    if list(answer(1, 1, 50)) != orders[1, 1]:
        return "the same arguments gave another order the second time"
    return ""


def only_one_right(answer: Answer) -> str:
    labels = np.array([3, 1, 4, 1, 5, 9])
    first, second = np.array([3, 1, 4, 0, 5, 0]), np.array([3, 2, 2, 1, 0, 8])
    if tuple(answer(first, second, labels)) != (3, 1):
        return "count where one prediction equals the label and the other does not"
    return "" if tuple(answer(second, first, labels)) == (1, 3) else "the order is first, second"
