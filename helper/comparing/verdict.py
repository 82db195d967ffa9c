"""Is one run, or one group of seeds, better than another on the same test images?"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from helper.comparing.comparison import differing_settings
from helper.comparing.statistics import Verdict, compare_groups, compare_two
from helper.errors import UsageError
from helper.runs.listing import ListedRun, load_predictions


def judge(
    first: Sequence[ListedRun], second: Sequence[ListedRun], confidence: float = 0.95
) -> Verdict:
    """The second against the first: two runs by their answers, two groups over their seeds.

    Raises UsageError where the comparison would not be fair: other data, other labels, a run on
    both sides, settings mixed within a side, a run without predictions.
    """
    both = {run.name for run in first} & {run.name for run in second}
    if both:
        raise UsageError(f"{sorted(both)[0]} is on both sides")
    if len(first) != len(second) and min(len(first), len(second)) == 1:
        raise UsageError(
            f"cannot judge {len(first)} against {len(second)} runs: give one run on each side, or "
            "several seeds on each"
        )
    for side in (first, second):
        _check_side(side)
    correct = _correct_answers([*first, *second])
    if len(first) == 1:
        return compare_two(correct[0], correct[1], confidence)
    accuracy = [float(np.mean(answers)) for answers in correct]
    seeds = [int(run.fields["seed"]) for run in (*first, *second)]
    cut = len(first)
    return compare_groups(
        dict(zip(seeds[:cut], accuracy[:cut], strict=True)),
        dict(zip(seeds[cut:], accuracy[cut:], strict=True)),
        confidence,
    )


def sentences(verdict: Verdict, first: str, second: str) -> list[str]:
    """The verdict for a reader: what was found, how sure it is, and what it does not say."""
    percent = f"{verdict.confidence:.0%}"
    interval = f"{percent} interval {_points(verdict.low)} to {_points(verdict.high)}"
    if math.isnan(verdict.low):
        interval = "no interval: the runs show no spread to judge by"
    word = verdict.word
    return [
        f"first:  {first}",
        f"second: {second}",
        f"test accuracy, second minus first: {_points(verdict.difference)} points ({interval})",
        f"{verdict.test}: p = {verdict.p_value:.2g} ({verdict.n})",
        f"verdict: the second is {word}" if word in ("better", "worse") else f"verdict: {word}",
        *([verdict.note] if verdict.note else []),
    ]


def _points(share: float) -> str:
    return f"{100 * share:+.2f}"


def _check_side(side: Sequence[ListedRun]) -> None:
    mixed = [name for name in differing_settings(side) if name != "seed"]
    if mixed:
        raise UsageError(
            f"the runs of one side differ in {', '.join(mixed)}; narrow it to one setting "
            f"({side[0].name} … {side[-1].name})"
        )
    seeds = [run.fields.get("seed") for run in side]
    if len(set(seeds)) < len(seeds):
        twice = next(seed for seed in seeds if seeds.count(seed) > 1)
        raise UsageError(f"two runs of one side have seed {twice}: they are the same run twice")


def _correct_answers(runs: Sequence[ListedRun]) -> list[np.ndarray]:
    """Whether each run answered each test image right: bool [images] a run."""
    answers = [load_predictions(run) for run in runs]
    for run, (_, label) in zip(runs, answers, strict=True):
        if run.data_sha256 != runs[0].data_sha256:
            raise UsageError(f"{run.name} and {runs[0].name} were made on different data")
        if not np.array_equal(label, answers[0][1]):
            raise UsageError(f"{run.name} and {runs[0].name} were tested on different labels")
    return [predicted == label for predicted, label in answers]
