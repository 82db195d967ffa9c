"""The verdict that a sweep names is about its own runs."""

from __future__ import annotations

import itertools
import shlex

import numpy as np
import pytest

from helper.comparing.after_sweep import verdict_command
from helper.runs import listing
from tests.made_runs import make_run


@pytest.fixture
def train(tmp_path):
    """train(steps=100, learning_rate=(0.1, 0.5)): a run for each combination; returns these."""

    def train(experiment="toy", answers=10, **choices):
        made = []
        for values in itertools.product(*choices.values()):
            number = len(list((tmp_path / experiment).glob("*"))) + 1
            name = f"{experiment}/{number:04d}"
            settings = dict(zip(choices, values, strict=True))
            predicted = np.arange(answers) if answers else None
            make_run(tmp_path / name, predicted=predicted, label=predicted, **settings)
            made.append(name)
        return listing.find(tmp_path, made)

    return train


def words(runs, logdir):
    """The command without its beginning: the condition, and the sides."""
    found = shlex.split(verdict_command(runs, logdir))
    where, verdict = found.index("--where"), found.index("--verdict")
    assert found[2] == f"--logdir={logdir}"
    return found[where + 1 : verdict], found[verdict + 1 :]


def test_one_setting(train, tmp_path):
    runs = train(learning_rate=[0.5, 0.1], seed=[1, 2])
    sides = ["learning_rate=0.1", "learning_rate=0.5"]
    assert words(runs, tmp_path) == (["experiment=toy"], sides)


def test_several_settings(train, tmp_path):
    runs = train(learning_rate=[0.1, 0.5], layers=[[20, 10], [5]], seed=[1])
    _, sides = words(runs, tmp_path)
    expected = itertools.product(("0.1", "0.5"), ("20,10", "5"))
    assert sides == [f"learning_rate={rate} and layers={layers}" for rate, layers in expected]


def test_other_runs_are_kept_out(train, tmp_path):
    train(learning_rate=[0.1, 0.5], seed=[1, 2, 3, 4], steps=[200])
    train("other", learning_rate=[0.1, 0.5], seed=[1, 2, 3, 4])
    runs = train(learning_rate=[0.1, 0.5], seed=[1, 2])
    assert words(runs, tmp_path)[0] == ["experiment=toy and steps=100"]


def test_settings_that_did_not_complete_are_not_named(train, tmp_path):
    runs = train(learning_rate=[0.1, 0.5], seed=[1, 2])
    runs += train(learning_rate=[9], seed=[1, 2], answers=0)
    runs += train(learning_rate=[7], seed=[1])
    assert words(runs, tmp_path)[1] == ["learning_rate=0.1", "learning_rate=0.5"]


def test_nothing_to_judge(train, tmp_path):
    assert verdict_command([], tmp_path) is None
    assert verdict_command(train(seed=[1, 2]), tmp_path) is None
    assert verdict_command(train("a", learning_rate=[0.1, 0.5], answers=0), tmp_path) is None
    other = train("b", learning_rate=[0.1]) + train("b", learning_rate=[0.5], answers=9)
    assert verdict_command(other, tmp_path) is None  # tested on other labels
    assert verdict_command(train("c", eval_every=[5, 10]), tmp_path) is None
    quotes = train("d", optimizer=["adam", "'\""], seed=[1, 2])
    assert verdict_command(quotes, tmp_path) is None
