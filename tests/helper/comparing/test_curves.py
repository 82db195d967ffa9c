from __future__ import annotations

import numpy as np

from helper.comparing.curves import mean_curve
from helper.runs.events import Scalars


def curve(points, begun=1000.0, pace=1.0):
    """points: (step, value); begun: the wall time of step 0; pace: seconds that a step takes."""
    step = np.array([step for step, _ in points])
    value = np.array([value for _, value in points], float)
    return Scalars(step, begun + pace * step, pace * step, value)


def test_mean_and_sample_deviation_at_each_step():
    mean = mean_curve([curve([(0, 1), (5, 2)]), curve([(0, 3), (5, 2)]), curve([(0, 5), (5, 2)])])
    assert mean.step.tolist() == [0, 5]
    assert mean.mean.tolist() == [3, 2]
    assert mean.deviation.tolist() == [2, 0]


def test_latest_wall_time_and_mean_of_seconds():
    points = [(0, 1), (4, 2)]
    mean = mean_curve([curve(points), curve(points, 5000.0, 2.0), curve(points, 3000.0, 6.0)])
    assert mean.wall_time.tolist() == [5000, 5008]
    assert mean.seconds.tolist() == [0, 12]  # of 4, 8 and 24


def test_only_steps_that_all_have_and_the_last_of_a_repeated_one():
    mean = mean_curve([curve([(0, 1), (5, 9), (5, 2), (9, 3)]), curve([(5, 4), (9, 5), (12, 7)])])
    assert mean.step.tolist() == [5, 9]
    assert mean.mean.tolist() == [3, 4]


def test_nan_shows_where_it_stood():
    mean = mean_curve([curve([(0, 1), (1, np.nan)]), curve([(0, 1), (1, 1)])])
    np.testing.assert_array_equal(mean.mean, [1, np.nan])


def test_one_curve_stays_as_it_is():
    mean = mean_curve([curve([(0, 1), (0, 2)])])
    assert (mean.mean.tolist(), mean.deviation.tolist()) == ([1, 2], [0, 0])


def test_nothing_in_common():
    assert mean_curve([curve([(0, 1)]), curve([(1, 1)])]).step.size == 0
