"""Activations as pictures."""

from __future__ import annotations

import numpy as np
import pytest

from helper.board import pictures


@pytest.mark.parametrize(
    "shape, drawn",
    [
        ((784,), (28, 28)),
        ((10,), (1, 10)),
        ((30,), (5, 6)),
        ((625,), (25, 25)),
        ((17,), (4, 5)),
        ((28, 28), (28, 28)),
        ((14, 14, 3), (14, 42)),
        ((14, 14, 1), (14, 14)),
        ((), (1, 1)),
        ((2, 3, 4, 5), (10, 12)),
    ],
)
def test_shapes(shape, drawn) -> None:
    picture = pictures.activation(np.ones(shape, np.float32))
    assert picture.shape == drawn and picture.dtype == np.uint8


def test_values() -> None:
    assert pictures.activation(np.array([0.0, 1.0, 2.0])).tolist() == [[0, 128, 255]]
    signed = pictures.activation(np.array([-2.0, 0.0, 2.0]))
    assert signed.shape == (1, 3, 3) and not signed[0, 1].any()
    assert signed[0, 0, 2] > signed[0, 0, 0] and signed[0, 2, 0] > signed[0, 2, 2]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e-320, 1e308])
def test_any_value(value) -> None:
    assert pictures.activation(np.array([value, 1.0, 0.0])) is not None
    assert pictures.activation(np.zeros(5)).max() == 0


def test_too_large() -> None:
    assert pictures.activation(np.zeros(1_000_000)) is None
    assert pictures.activation(np.zeros(0)) is None
