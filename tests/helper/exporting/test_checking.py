"""Answers of exported networks that are damaged, incomplete or not numbers."""

from __future__ import annotations

import numpy as np
import pytest

from helper.errors import LabError
from helper.exporting import checking
from helper.saving.network import Answers

IMAGES = np.zeros((3, 2, 2), np.uint8)
EXPECTED = Answers(np.array([0, 1, 1]), np.full((3, 2), 0.5, np.float32))


def test_nan_is_like_nan_alone():
    nan = np.nan
    one, other = np.array([nan, 1.0], np.float32), np.array([nan, 1.25], np.float32)
    assert checking.greatest_difference(one, other) == 0.25
    assert np.isnan(checking.greatest_difference(one, np.zeros(2, np.float32)))
    assert checking.greatest_difference(np.zeros((0, 2)), np.zeros((0, 2))) == 0


def test_a_file_that_its_runtime_does_not_load(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"no model")
    with pytest.raises(LabError, match="its runtime fails: .*model.onnx"):
        checking.check("onnx", tmp_path / "model.onnx", IMAGES, EXPECTED, 2)


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({}, "one class for each image"),
        ({"classes": np.zeros(2, np.int64)}, "one class for each image"),
        ({"classes": np.zeros(3, np.float32)}, "one class for each image"),
        ({"classes": np.zeros(3, np.int64)}, "one probability for each class"),
        (
            {"classes": np.zeros(3, np.int64), "probabilities": np.zeros((3, 3))},
            "one probability for each class",
        ),
    ],
)
def test_answers_of_another_form(tmp_path, monkeypatch, answers, said):
    monkeypatch.setattr(checking, "_answers", lambda *_: answers)
    with pytest.raises(LabError, match=said):
        checking.check("onnx", tmp_path, IMAGES, EXPECTED, 2)


def test_which_differ(tmp_path, monkeypatch):
    answers = {"classes": np.array([0, 0, 1]), "probabilities": EXPECTED.probabilities + 0.125}
    monkeypatch.setattr(checking, "_answers", lambda *_: answers)
    found = checking.check("onnx", tmp_path, IMAGES, EXPECTED, 2)
    assert found.differ.tolist() == [1] and found.greatest == 0.125 and found.seconds is None
