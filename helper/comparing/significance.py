"""Is one run, or one setting over several seeds, better than another on the same test images?

Needs SciPy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from helper.comparing.comparison import differing_settings
from helper.comparing.mcnemar import compare_two
from helper.comparing.power import PairedSeeds, SeparateSeeds
from helper.comparing.scipy_stats import scipy_stats
from helper.comparing.verdict import Verdict
from helper.errors import UsageError
from helper.runs.listing import ListedRun, load_predictions


@dataclass(frozen=True)
class Measured:
    """One side: whether each run answered each test image correctly, bool [images], by seed."""

    correct: dict[Any, np.ndarray]

    @property
    def accuracy(self) -> dict[Any, float]:
        return {seed: float(np.mean(correct)) for seed, correct in self.correct.items()}


def judge(
    first: Sequence[ListedRun], second: Sequence[ListedRun], confidence: float = 0.95
) -> Verdict:
    """The second against the first: two runs by their answers, two groups over their seeds.

    Raises UsageError where the comparison would not be fair: see `measure` and `compare`.
    """
    one, other = measure([first, second])
    return compare(one, other, confidence)


def measure(sides: Sequence[Sequence[ListedRun]]) -> list[Measured]:
    """What the runs of each side answered, two sides or more, each with one run or more.

    Raises UsageError for different data or labels, a run on two sides, several settings on one
    side, a run without predictions, and for one run on a side where another has several.
    """
    seen: set[str] = set()
    for side in sides:
        names = {run.name for run in side}
        if names & seen:
            raise UsageError(f"{min(names & seen)} is on both sides")
        seen |= names
    sizes = [len(side) for side in sides]
    if min(sizes) == 1 < max(sizes):
        raise UsageError(
            f"cannot judge {' against '.join(map(str, sizes))} runs: give one run on each side, or "
            "several seeds on each"
        )
    seeds = [_seeds(side) for side in sides]
    correct = iter(_correct_answers([run for side in sides for run in side]))
    return [Measured({seed: next(correct) for seed in own}) for own in seeds]


def compare(first: Measured, second: Measured, confidence: float = 0.95) -> Verdict:
    """The second side against the first."""
    if len(first.correct) == len(second.correct) == 1:
        (one,), (other,) = first.correct.values(), second.correct.values()
        return compare_two(one, other, confidence)
    return compare_groups(first.accuracy, second.accuracy, confidence)


def _seeds(side: Sequence[ListedRun]) -> list[Any]:
    """The seeds of one side, which must be runs of one setting, each with a seed of its own."""
    mixed = [name for name in differing_settings(side) if name != "seed"]
    if mixed:
        raise UsageError(
            f"the runs of one side differ in {', '.join(mixed)}; narrow it to one setting "
            f"({side[0].name} … {side[-1].name})"
        )
    seeds = [run.fields.get("seed") for run in side]
    for run, seed in zip(side, seeds, strict=True):
        if len(side) > 1 and not isinstance(seed, int):
            raise UsageError(f"{run.name} does not record its seed")
        if seeds.count(seed) > 1:
            raise UsageError(f"two runs of one side have seed {seed}: they are the same run twice")
    return seeds


def _correct_answers(runs: Sequence[ListedRun]) -> list[np.ndarray]:
    """Whether each run answered each test image correctly: bool [images] for each run."""
    answers = [load_predictions(run) for run in runs]
    for run, (_, label) in zip(runs, answers, strict=True):
        if run.data_sha256 != runs[0].data_sha256:
            raise UsageError(f"{run.name} and {runs[0].name} were trained on different data")
        if not np.array_equal(label, answers[0][1]):
            raise UsageError(f"{run.name} and {runs[0].name} were tested on different labels")
    return [predicted == label for predicted, label in answers]


def compare_groups(
    first: dict[int, float], second: dict[int, float], confidence: float = 0.95
) -> Verdict:
    """Two settings over several seeds. first, second: {seed: test accuracy}, two or more each.

    With the same seeds in both, the runs are paired (equal seeds start from equal weights and see
    equal batches): paired t-test. Otherwise: permutation test of the difference of means, and
    Welch's interval. Raises UsageError for fewer than two seeds in a group.
    """
    if min(len(first), len(second)) < 2:
        raise UsageError("a verdict on groups needs at least two seeds in each")
    x, y = (np.array([side[seed] for seed in sorted(side)]) for side in (first, second))
    if set(first) == set(second):
        return compare_paired(x, y, confidence)
    return compare_unpaired(x, y, confidence)


def compare_paired(first: np.ndarray, second: np.ndarray, confidence: float = 0.95) -> Verdict:
    """Paired t-test. first, second: float64 [pairs], the same seed at the same index.

    Where every pair differs by the same amount there is no variance to test against: then the sign
    test, which asks only how many pairs went the same way, and no interval (nan).
    """
    stats = scipy_stats()
    change = second - first
    n = f"{len(change)} pairs of runs with the same seed"
    if np.ptp(change) < 1e-12:
        same_way = len(change) if abs(change[0]) > 1e-12 else 0
        p_value = stats.binomtest(same_way, same_way, 0.5).pvalue if same_way else 1.0
        test, low, high = "sign test over seeds", math.nan, math.nan
    else:
        result = stats.ttest_rel(second, first)
        interval = result.confidence_interval(confidence)
        test, p_value = "paired t-test over seeds", result.pvalue
        low, high = float(interval.low), float(interval.high)
    design = PairedSeeds(len(change), float(np.std(change, ddof=1)))
    mean = float(np.mean(change))
    return Verdict(mean, low, high, confidence, float(p_value), test, n, design=design)


def compare_unpaired(first: np.ndarray, second: np.ndarray, confidence: float = 0.95) -> Verdict:
    """Permutation test of the difference of means. first [n], second [m]: float64.

    Exact up to 20,000 ways to divide the runs into two groups, else that many at random.
    """
    stats = scipy_stats()

    def difference_of_means(x: np.ndarray, y: np.ndarray, axis: int) -> np.ndarray:
        return np.mean(x, axis=axis) - np.mean(y, axis=axis)

    p_value = stats.permutation_test(
        (second, first), difference_of_means, vectorized=True, n_resamples=20_000, random_state=0
    ).pvalue
    low = high = math.nan
    if np.ptp(first) > 1e-12 or np.ptp(second) > 1e-12:
        interval = stats.ttest_ind(second, first, equal_var=False).confidence_interval(confidence)
        low, high = float(interval.low), float(interval.high)
    n = f"{len(first)} against {len(second)} runs"
    smallest = 2 / math.comb(len(first) + len(second), len(first))  # one division, on either side
    note = ""
    if smallest >= 1 - confidence:
        note = (
            f"{n} are too few: no outcome could reach p < {1 - confidence:.2g} "
            f"(the smallest possible is {smallest:.2g})."
        )
    squares = sum(float(np.sum((x - np.mean(x)) ** 2)) for x in (first, second))
    pooled = math.sqrt(squares / (len(first) + len(second) - 2))
    return Verdict(
        float(np.mean(second) - np.mean(first)),
        low,
        high,
        confidence,
        float(p_value),
        "permutation test over seeds",
        n,
        note,
        SeparateSeeds(len(first), len(second), pooled),
    )
