"""Whether an exported network answers as the run's own session does, on every test image."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from helper.errors import LabError
from helper.exporting import processes
from helper.saving.network import Answers


class Checked(NamedTuple):
    """What a format answers.

    differ: int64, the indices of the images whose class differs. classes: int64 [images].
    greatest: the greatest difference of a probability, None where there are none. seconds: for an
    image, when one is given at a time, and when as many are as possible; None if not measured.
    """

    classes: np.ndarray
    differ: np.ndarray
    greatest: float | None
    seconds: Sequence[float] | None


def check(
    name: str,
    path: Path,
    images: np.ndarray,
    expected: Answers,
    batch: int,
    benchmark: bool = False,
) -> Checked:
    """Load a format with its own runtime, in a new process, and let it answer.

    images: uint8 [n, height, width]. batch: how many to give it at once.
    Raises LabError if it does not load, run and give one class for each image.
    """
    arrays = _answers(name, path, images, batch, benchmark)
    classes, probabilities = arrays.get("classes"), arrays.get("probabilities")
    if classes is None or classes.shape != (len(images),) or classes.dtype != np.int64:
        raise LabError("it does not give one class for each image")
    greatest = None
    if expected.probabilities is not None:
        if probabilities is None or probabilities.shape != expected.probabilities.shape:
            raise LabError("it does not give one probability for each class")
        greatest = greatest_difference(probabilities, expected.probabilities)
    differ = np.flatnonzero(classes != expected.predictions)
    return Checked(classes, differ, greatest, arrays.get("seconds"))


def greatest_difference(one: np.ndarray, other: np.ndarray) -> float:
    """The greatest of two arrays of one shape; NaN where only one of them is NaN, 0 for both."""
    difference = np.abs(one.astype(np.float64) - other)
    difference[np.isnan(one) & np.isnan(other)] = 0
    return float(difference.max(initial=0))


def _answers(
    name: str, path: Path, images: np.ndarray, batch: int, benchmark: bool
) -> dict[str, Any]:
    given = io.BytesIO()
    np.save(given, images)
    arguments = [name, path.absolute(), batch, *(["benchmark"] if benchmark else [])]
    try:
        found = processes.run("helper.exporting.runtimes", arguments, given.getvalue())
    except processes.Failed as error:
        raise LabError(f"its runtime fails: {error}") from None
    try:
        with np.load(io.BytesIO(found), allow_pickle=False) as arrays:
            return dict(arrays)
    except (ValueError, EOFError, OSError, zipfile.BadZipFile):
        raise LabError("its runtime gave no answers") from None
