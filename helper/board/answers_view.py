"""What runs see in a drawing, or in a test image, and how: the activations of every layer."""

from __future__ import annotations

import base64
import binascii
import math
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from helper.board import digits, pictures, tested_images
from helper.board.catalogue import Catalogue
from helper.board.networks import Networks
from helper.board.requests import BadRequest, Body, flag, integer, names
from helper.data.centring import SIDE
from helper.errors import DataError, LabError
from helper.runs.listing import ListedRun

_MOST_RUNS = 50
_LARGEST_SIDE = 800  # of a drawing


class Shown(NamedTuple):
    """The image that is asked about: uint8 [height, width]. label: that of the data, if it is a
    test image; data: the SHA-256 of the data that it is from."""

    image: np.ndarray
    label: int | None = None
    data: str | None = None


def answers(catalogue: Catalogue, networks: Networks, body: Body) -> dict[str, Any]:
    """What each run says of one image."""
    start = time.perf_counter()
    asked = names(body, "runs")
    if not 0 < len(asked) <= _MOST_RUNS:
        raise BadRequest(f"runs must have 1 to {_MOST_RUNS} names")
    layers = flag(body, "layers")
    runs = catalogue.named(asked)
    shown = _test_image(runs, body) if body.get("index") is not None else _drawing(body)
    given = [_answer(networks, run, shown, layers) for run in runs]
    return {
        "image": pictures.url(shown.image),
        "pixels": base64.b64encode(shown.image.tobytes()).decode(),
        "shape": shown.image.shape,
        "label": shown.label,
        "answers": given,
        "milliseconds": round(1000 * (time.perf_counter() - start), 1),
    }


def _test_image(runs: Sequence[ListedRun], body: Body) -> Shown:
    """Of the first run whose test images are on this machine."""
    problems = []
    for run in runs:
        try:
            split = tested_images.find(run)
        except DataError as error:
            problems.append(error)
            continue
        assert run.record and run.record.data
        index = integer(body, "index", len(split.labels) - 1)
        image = split.images[index].reshape(run.record.data.image_shape)
        return Shown(image, int(split.labels[index]), run.data_sha256)
    raise problems[0]


def _drawing(body: Body) -> Shown:
    """A square of pixels, white on black: of any size if it is to be centred, else 28 × 28."""
    centre = flag(body, "centre", True)
    try:
        pixels = base64.b64decode(_pixels(body), validate=True)
    except (binascii.Error, ValueError):
        raise BadRequest("pixels must be in base64") from None
    side = math.isqrt(len(pixels))
    largest = _LARGEST_SIDE if centre else SIDE
    if side * side != len(pixels) or not SIDE <= side <= largest:
        sizes = f"{SIDE} × {SIDE}" + (f" to {largest} × {largest}" if centre else "")
        raise BadRequest(f"a drawing has {sizes} pixels, a byte each")
    image = np.frombuffer(pixels, np.uint8).reshape(side, side)
    return Shown(digits.fit(image) if centre else image)


def _pixels(body: Body) -> str:
    """The field `pixels`, which may be longer than other texts."""
    value = body.get("pixels")
    if not isinstance(value, str):
        raise BadRequest("give an index or pixels")
    return value


def _answer(networks: Networks, run: ListedRun, shown: Shown, layers: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "run": run.name,
        "predicted": None,
        "target": None,
        "probabilities": None,
        "classes": [],
        "step": None,
        "layers": [],
        "error": None,
    }
    try:
        _check_shape(run, shown.image)
        images = shown.image.reshape(1, -1)
        with networks.of(run) as network:
            answer = network.answer(images)
            found["predicted"] = int(answer.predictions[0])
            found["step"] = network.step
            if answer.probabilities is not None:
                found["probabilities"] = answer.probabilities[0]
                found["classes"] = [str(c) for c in range(answer.probabilities.shape[1])]
            if shown.label is not None and run.data_sha256 == shown.data:
                found["target"] = int(network.targets(np.array([shown.label], np.int64))[0])
            if layers:
                found["layers"] = [_layer(*each) for each in network.activations(images).items()]
    except (LabError, OSError) as error:
        found["error"] = str(error)
    return found


def _check_shape(run: ListedRun, image: np.ndarray) -> None:
    if run.record is None or run.record.data is None:
        raise LabError(f"{run.name} ({run.status}) has no record that says what its network is")
    wanted = tuple(run.record.data.image_shape)
    if wanted != image.shape:
        sizes = [" × ".join(map(str, shape)) for shape in (wanted, image.shape)]
        raise LabError(f"{run.name} takes images of {sizes[0]} pixels; this has {sizes[1]}")


def _layer(name: str, values: np.ndarray) -> dict[str, Any]:
    """name: of the tensor; values: [1, …]."""
    own = values[0]
    drawn = pictures.activation(own)
    return {
        "name": name,
        "shape": own.shape,
        "png": None if drawn is None else pictures.url(drawn),
        "size": None if drawn is None else drawn.shape[:2],
        "lowest": float(own.min()) if own.size else None,
        "highest": float(own.max()) if own.size else None,
    }
