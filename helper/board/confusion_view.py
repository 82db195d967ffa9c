"""What runs confuse: counts by class, and the test images behind a count."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from helper.board import pictures, tested_images
from helper.board.catalogue import Catalogue
from helper.board.networks import Networks
from helper.board.requests import BadRequest, Body, integer, optional_integer, optional_text, text
from helper.errors import LabError, UsageError
from helper.runs.listing import ListedRun, load_predictions

_MOST_CLASSES = 256
_MOST_IMAGES = 200
_WHICH = ("a", "b", "only_a_right", "only_b_right", "both_wrong")


class Pair(NamedTuple):
    """One run, or two on the same test images. label: int64 [images]; said: by each, the same."""

    runs: list[ListedRun]
    label: np.ndarray
    said: list[np.ndarray]

    @property
    def right(self) -> list[np.ndarray]:
        return [said == self.label for said in self.said]


def confusion(catalogue: Catalogue, body: Body) -> dict[str, Any]:
    """Counts [true class][class said] of a run, and of another, to be subtracted."""
    pair = _pair(catalogue, body)
    classes = _classes(pair)
    counts = [_count(pair.label, said, classes) for said in pair.said]
    right = pair.right
    two = len(right) == 2
    return {
        "classes": [str(label) for label in range(classes)],
        "counts": counts[0],
        "other": counts[1] if two else None,
        "examples": len(pair.label),
        "right": int(np.sum(right[0])),
        "right_other": int(np.sum(right[1])) if two else None,
        "only_a_right": int(np.sum(right[0] & ~right[1])) if two else None,
        "only_b_right": int(np.sum(~right[0] & right[1])) if two else None,
        "both_wrong": int(np.sum(~right[0] & ~right[1])) if two else None,
    }


def cell(catalogue: Catalogue, networks: Networks, body: Body) -> dict[str, Any]:
    """The test images behind a count, some of them at a time."""
    pair = _pair(catalogue, body)
    chosen = np.flatnonzero(_chosen(pair, body))
    offset = integer(body, "offset", 2**31, 0)
    shown = chosen[offset : offset + integer(body, "limit", _MOST_IMAGES, 60)]
    notes: list[str] = []
    images = _images(pair, shown, notes)
    sure = [_probabilities(networks, run, images, notes) for run in pair.runs]
    return {
        "total": len(chosen),
        "images": [
            {
                "index": int(index),
                "label": int(pair.label[index]),
                "said": int(pair.said[0][index]),
                "said_other": int(pair.said[1][index]) if len(pair.said) == 2 else None,
                "probability": _of_class(sure[0], place, pair.said[0][index]),
                "probability_other": _of_class(sure[1], place, pair.said[1][index])
                if len(sure) == 2
                else None,
                "png": None if images is None else pictures.url(images[place]),
            }
            for place, index in enumerate(shown)
        ],
        "notes": list(dict.fromkeys(notes)),
    }


def _pair(catalogue: Catalogue, body: Body) -> Pair:
    names = [text(body, "run"), optional_text(body, "other")]
    runs = catalogue.named(name for name in names if name is not None)
    answers = [load_predictions(run) for run in runs]
    label = answers[0][1]
    if len(runs) == 2:
        if runs[0].data_sha256 != runs[1].data_sha256:
            raise UsageError(f"{runs[1].name} and {runs[0].name} were trained on different data")
        if not np.array_equal(label, answers[1][1]):
            raise UsageError(f"{runs[1].name} and {runs[0].name} were tested on different labels")
    return Pair(runs, label, [predicted for predicted, _ in answers])


def _classes(pair: Pair) -> int:
    found = [array for array in (pair.label, *pair.said) if array.size]
    lowest = min((int(array.min()) for array in found), default=0)
    highest = max((int(array.max()) for array in found), default=0)
    if lowest < 0 or highest >= _MOST_CLASSES:
        raise LabError(
            f"{pair.runs[0].name} has the classes {lowest} to {highest}; a table takes 0 to "
            f"{_MOST_CLASSES - 1}"
        )
    return highest + 1


def _count(label: np.ndarray, said: np.ndarray, classes: int) -> np.ndarray:
    pairs = np.bincount(label * classes + said, minlength=classes * classes)
    return pairs.reshape(classes, classes)


def _chosen(pair: Pair, body: Body) -> np.ndarray:
    """Whether each image is asked for, bool [images]. The class said is that of the run that is
    wrong; of both, that of the first."""
    which = text(body, "which", "a")
    if which not in _WHICH:
        raise BadRequest(f"which must be one of {', '.join(_WHICH)}")
    if which != "a" and len(pair.runs) < 2:
        raise BadRequest(f"which={which} needs two runs")
    said = pair.said[1] if which in ("b", "only_a_right") else pair.said[0]
    chosen = np.ones(len(pair.label), bool)
    if which not in ("a", "b"):
        first, second = pair.right
        wanted = {"only_a_right": (True, False), "only_b_right": (False, True)}
        one, other = wanted.get(which, (False, False))
        chosen = (first == one) & (second == other)
    true = optional_integer(body, "true", _MOST_CLASSES)
    predicted = optional_integer(body, "predicted", _MOST_CLASSES)
    if true is not None:
        chosen &= pair.label == true
    if predicted is not None:
        chosen &= said == predicted
    return chosen


def _images(pair: Pair, shown: np.ndarray, notes: list[str]) -> np.ndarray | None:
    """uint8 [images, height, width]; None, and a line why, where they are not on this machine."""
    run = pair.runs[0]
    try:
        split = tested_images.find(run)
        if len(split.labels) != len(pair.label):
            raise LabError(f"{run.name} was tested on {len(pair.label):,} other images")
        assert run.record and run.record.data
        return split.images[shown].reshape(-1, *run.record.data.image_shape)
    except (LabError, ValueError) as error:
        notes.append(str(error))
        return None


def _probabilities(
    networks: Networks, run: ListedRun, images: np.ndarray | None, notes: list[str]
) -> np.ndarray | None:
    if images is None or not len(images):
        return None
    try:
        with networks.of(run) as network:
            return network.answer(images.reshape(len(images), -1)).probabilities
    except (LabError, OSError) as error:
        notes.append(f"no probabilities: {error}")
        return None


def _of_class(probabilities: np.ndarray | None, place: int, said: Any) -> float | None:
    if probabilities is None or not 0 <= said < probabilities.shape[1]:
        return None
    return float(probabilities[place, said])
