from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np

from helper.saving.checkpoint_files import Interval
from helper.training.averages import IntervalMeans

# So far apart that a float64 sum depends on the order in which they are added.
LOSSES = np.exp2(np.random.RandomState(0).uniform(-40, 40, 1000)).astype(np.float32)


def means(every: int, cuts: list[int]) -> dict[int, float]:
    interval = IntervalMeans(every)
    found = {}
    for first, last in zip([0, *cuts], [*cuts, len(LOSSES)], strict=True):
        for step, values in interval.add(first, {"loss": LOSSES[first:last]}):
            found[step] = values["loss"]
    return found


def test_means_over_each_interval():
    found = means(100, [])
    assert list(found) == list(range(100, 1001, 100))
    for step, mean in found.items():
        np.testing.assert_allclose(mean, LOSSES[step - 100 : step].astype(np.float64).mean())


def test_means_are_the_same_bits_however_the_steps_are_cut():
    whole = means(100, [])
    assert means(100, list(range(1, 1000))) == whole
    assert means(100, [10, 333, 334, 900]) == whole


def test_state_goes_through_json_and_on():
    kept = Interval()
    interval = IntervalMeans(100, kept)
    list(interval.add(0, {"loss": LOSSES[:130]}))
    assert interval.count == 30
    taken_up = IntervalMeans(100, Interval(**json.loads(json.dumps(asdict(kept)))))
    ((step, values),) = taken_up.add(130, {"loss": LOSSES[130:200]})
    assert (step, values["loss"]) == (200, means(100, [])[200])


def test_the_open_interval_can_be_closed_early():
    interval = IntervalMeans(100)
    assert list(interval.add(0, {"loss": np.float32([1, 2]), "accuracy": np.float32([0, 1])})) == []
    assert interval.count == 2
    assert interval.finish() == {"loss": 1.5, "accuracy": 0.5}
    assert interval.count == 0
