from __future__ import annotations

import pytest

from helper.runs.evaluation_steps import EvaluationSteps, early_steps


@pytest.mark.parametrize(
    ("every", "steps"),
    [(1, []), (2, [1]), (6, [1, 2, 5]), (1000, [1, 2, 5, 10, 20, 50, 100, 200, 500])],
)
def test_early_steps_come_before_the_first_interval(every, steps):
    assert early_steps(every) == steps


def test_every_step_that_counts():
    due = EvaluationSteps(10, early_steps(10))
    steps = [step for step in range(31) if step in due]
    assert steps == [0, 1, 2, 5, 10, 20, 30]
    assert [step for step in steps if due.is_regular(step)] == [0, 10, 20, 30]
    for step in range(31):
        before = [s for s in steps if s <= step]
        assert (due.count(step), due.latest(step)) == (len(before), before[-1])


def test_a_run_of_an_earlier_version_has_no_early_steps():
    assert [step for step in range(25) if step in EvaluationSteps(10, [])] == [0, 10, 20]
