from __future__ import annotations

import numpy as np
import pytest

from helper import tf
from helper.runs import record
from helper.runs.directory import PREDICTIONS_FILE
from helper.runs.events import read_run_graph
from tests import command_line

FLAGS = ("--steps=300", "--batch_size=20", "--learning_rate=0.1")


@pytest.fixture
def train(call_experiment, idx_directory, tmp_path):
    """train("by_hand", …): the run directory. A program has the default graph to itself."""

    def call(name, *flags):
        with tf.Graph().as_default():
            done = call_experiment(name, f"--data_dir={idx_directory}", "--logdir=logs", *flags)
        assert done.code == 0, done.stderr
        return max((tmp_path / "logs" / name).iterdir())

    return call


def test_it_reaches_what_softmax_reaches(train):
    by_hand, softmax = train("by_hand", *FLAGS), train("softmax", *FLAGS)
    mine, its = record.load(by_hand), record.load(softmax)
    assert mine.data == its.data and mine.origin == "recorder"
    for tag in ("test/accuracy", "test/loss"):
        assert mine.final[tag] == pytest.approx(its.final[tag], abs=0.05)
    # At step 0 they are the same function.
    for tag in ("loss", "accuracy"):
        first = [command_line.curve(run, "test", tag)[0] for run in (by_hand, softmax)]
        assert first[0] == pytest.approx(first[1], rel=1e-6)
    saved = np.load(by_hand / PREDICTIONS_FILE)
    accuracy = np.mean(saved["predicted"] == saved["label"])
    assert accuracy == pytest.approx(mine.final["test/accuracy"])


def test_the_arrays_are_not_in_its_graph(train):
    graph = read_run_graph(train("by_hand", "--steps=1", "--batch_size=20"), print)
    assert {"input/images", "readout/weight", "loss"} <= {node.name for node in graph.node}
    assert graph.ByteSize() < 100_000


def test_the_same_seed_gives_the_same_run(train):
    first, second = (record.load(train("by_hand", *FLAGS)) for _ in range(2))
    assert first.final == second.final
