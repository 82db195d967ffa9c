"""Fixtures that several tests share. TensorFlow is imported by those that need it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from helper.data.datasets import Dataset, Split
from tests import command_line, data_files


def _digits(random: np.random.RandomState, classes: np.ndarray, labels: np.ndarray) -> np.ndarray:
    noise = random.randint(0, 60, (len(labels), *classes.shape[1:]))
    return np.clip(classes[labels] + noise, 0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def tiny_data() -> Dataset:
    """120 train and 50 test images of 6 × 5 pixels: ten patterns that can be learned, and noise."""
    random = np.random.RandomState(7)
    classes = random.randint(0, 200, (10, 6, 5))
    labels = np.arange(170) % 10
    images = _digits(random, classes, labels).reshape(170, 30)
    labels = labels.astype(np.int64)
    splits = Split(images[:120], labels[:120]), Split(images[120:], labels[120:])
    return Dataset("tiny", *splits, (6, 5), 10, "cd" * 32)


@pytest.fixture(scope="session")
def idx_directory(tiny_data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny data as four IDX files in a directory, for ``--data_dir``."""
    folder = tmp_path_factory.mktemp("data") / "tiny"
    arrays = []
    for split in (tiny_data.train, tiny_data.test):
        arrays += [split.images.reshape(-1, *tiny_data.image_shape), split.labels.astype(np.uint8)]
    data_files.write_idx_set(folder, arrays)
    return folder


@pytest.fixture
def run_experiment(idx_directory: Path, tmp_path: Path) -> Callable[..., command_line.Finished]:
    """Run an experiment on the tiny data by the real command line, in the test's directory.

    run_experiment("softmax", "--steps=20"): what it printed, its exit code.
    """

    def run(name: str, *arguments: str, **options: str) -> command_line.Finished:
        if not any(argument.startswith("--data") for argument in arguments):
            arguments = (f"--data_dir={idx_directory}", *arguments)
        return command_line.run(name, *arguments, cwd=tmp_path, **options)

    return run


@pytest.fixture
def call_experiment(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., command_line.Finished]:
    """The same without a process of its own, which would have to import TensorFlow.

    The arguments are complete: no ``--data_dir`` is added.
    """

    def call(name: str, *arguments: str) -> command_line.Finished:
        monkeypatch.chdir(tmp_path)
        return command_line.call(name, *arguments, monkeypatch=monkeypatch, capfd=capfd)

    return call
