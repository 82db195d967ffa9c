"""What a run's own session says of all test images, which every format must say too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from helper.data.datasets import Dataset
from helper.errors import LabError
from helper.exporting import timing
from helper.runs import listing
from helper.runs.listing import ListedRun
from helper.runs.record import Status
from helper.saving.network import Answers, LoadedNetwork


class Expected(NamedTuple):
    """What the session says of all test images.

    accuracy: the share of these that is right. source: where the classes are from. targets: int64
    [images], what is right. seconds: as in ``Checked``.
    """

    answers: Answers
    targets: np.ndarray
    source: str
    seconds: Sequence[float] | None

    def accuracy(self, classes: np.ndarray | None = None) -> float:
        """The share of the images whose class is right: of these, or of the session's."""
        given = self.answers.predictions if classes is None else classes
        return float(np.mean(given == self.targets))


def of_session(run: ListedRun, net: LoadedNetwork, data: Dataset, benchmark: bool) -> Expected:
    """The session's answers. Raises LabError if a finished run wrote other classes itself."""
    answers = net.answer(data.test.images)
    targets = net.targets(data.test.labels)
    source = "the session"
    if run.status is Status.COMPLETED and net.step == net.record.step:
        source = "predictions.npz"
        predicted, _ = listing.load_predictions(run)
        differ = np.flatnonzero(_differences(predicted, answers.predictions))
        if len(differ):
            raise LabError(
                f"{run.name}: the session itself gives other classes than predictions.npz, for "
                f"{len(differ):,} test images, the first of them {differ[0]}"
            )
    seconds = None
    if benchmark:
        images = data.test.images
        seconds = [timing.seconds_per_image(net.answer, images[:n]) for n in (1, net.batch)]
    return Expected(answers, targets, source, seconds)


def _differences(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return one != other if one.shape == other.shape else np.ones(len(other), bool)
