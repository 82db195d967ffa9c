"""Data sets as NumPy arrays: those of the registry by name, or any IDX set in a folder.

Images stay uint8 (47 MB for MNIST): a graph turns them into floats itself.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from helper.data import cache, idx
from helper.data.registry import DATASETS
from helper.errors import DataError, UsageError

NAMES = DATASETS.keys()  # the values of --dataset
NUM_DIGITS = 10


@dataclass(frozen=True)
class Split:
    """Examples: images uint8 [n, height * width], 0 to 255; labels int64 [n]."""

    images: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class Dataset:
    """The two or three splits of a data set. ``image_shape`` is (height, width).

    validation: examples held out of ``train``, to choose settings by, or None.

    ``sha256`` depends on the content alone: equal arrays have the same, whatever file they came
    from. It is the SHA-256 of four SHA-256 (32 bytes each), those of the uncompressed IDX files of
    the training images, training labels, test images and test labels.
    """

    name: str
    train: Split
    test: Split
    image_shape: tuple[int, int]
    num_classes: int
    sha256: str
    validation: Split | None = None


def load(name: str = "mnist", data_dir: str | None = None) -> Dataset:
    """The data set ``name``, or what lies in ``data_dir``: four IDX files or ``mnist.npz``.

    All images must have one size. Labels are 0 to 9 and ``num_classes`` is 10, even if some digit
    does not occur, unless the registry declares another number. A set with larger labels (the
    letters of EMNIST, say) has one class more than its largest label, and must have examples of
    every class in both splits, except of class 0, which sets that count from 1 leave out: a single
    wrong label is an error, not a new class.

    Raises UsageError for an unknown name, or for a ``data_dir`` together with a name other than
    ``mnist``; DataError if the data is missing, damaged or not of this form. One set never replaces
    another.
    """
    if name not in DATASETS:
        raise UsageError(f"unknown data set {name!r}; known are {', '.join(DATASETS)}")
    if data_dir:
        if name != "mnist":
            raise UsageError(
                f"--data_dir and --dataset={name} cannot be combined: give one of them"
            )
        return _from_directory(Path(os.path.expanduser(data_dir)))
    entry = DATASETS[name]
    if entry.make:
        arrays = entry.make()
        hashes = [idx.sha256(array) for array in arrays]
    else:
        arrays = cache.load(name, entry)
        hashes = [file.sha256 for file in entry.files]  # the cache has verified them
    return _dataset(name, arrays, hashes, entry.num_classes)


def hold_out(data: Dataset, share: float) -> Dataset:
    """``data`` with the last training examples held out for validation, as Keras does.

    share: of the training examples, more than 0 and less than 1. Raises UsageError if it leaves no
    example for training or none for validation.
    """
    images, labels = data.train.images, data.train.labels
    cut = int(len(labels) * (1.0 - share))  # rounded as in Keras: 48,000 of 60,000 for 0.2
    if not 0 < cut < len(labels):
        empty = "validation" if cut else "training"
        raise UsageError(
            f"--validation_split={share} leaves no {empty} example of the {len(labels)} in "
            f"{data.name}"
        )
    return replace(
        data,
        train=Split(images[:cut], labels[:cut]),
        validation=Split(images[cut:], labels[cut:]),
    )


def mnist_samples(
    flatten_image: bool = False, binalize_label: bool = False
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """MNIST as the experiments of the articles use it: ``(X_train, y_train), (X_test, y_test)``.

    Images are float32 in [0, 1], [n, 28, 28], or [n, 784] if ``flatten_image``. There is no axis
    for the channel: experiments of that time feed a placeholder [None, 28, 28] and reshape it to
    [-1, 28, 28, 1] where a convolution needs that. Labels are float32, one-hot [n, 10], or [n, 1]
    with 1 for the digit 1 and 0 for the rest if ``binalize_label``.

    Raises DataError if MNIST is not available.
    """
    data = load("mnist")

    def samples(split: Split) -> tuple[np.ndarray, np.ndarray]:
        images = split.images.astype(np.float32)
        images /= 255.0
        if not flatten_image:
            images = images.reshape(-1, *data.image_shape)
        if binalize_label:
            return images, (split.labels == 1).astype(np.float32)[:, np.newaxis]
        return images, np.eye(data.num_classes, dtype=np.float32)[split.labels]

    return samples(data.train), samples(data.test)


def _dataset(
    name: str,
    arrays: Sequence[np.ndarray],
    hashes: Sequence[str],
    num_classes: int | None = None,
) -> Dataset:
    """A Dataset of these arrays: images, labels, test images, test labels.

    Raises DataError if they do not fit together.
    """
    digest = hashlib.sha256(b"".join(bytes.fromhex(hash_) for hash_ in hashes)).hexdigest()
    train_images, train_labels, test_images, test_labels = arrays
    for split, images, labels in (
        ("training", train_images, train_labels),
        ("test", test_images, test_labels),
    ):
        if len(images) != len(labels):
            raise DataError(f"{name}: {len(images)} {split} images but {len(labels)} labels")
    if train_images.shape[1:] != test_images.shape[1:]:
        sizes = ["x".join(map(str, images.shape[1:])) for images in (train_images, test_images)]
        raise DataError(f"{name}: training images are {sizes[0]} but test images {sizes[1]} pixels")
    height, width = train_images.shape[1:]
    return Dataset(
        name,
        Split(train_images.reshape(-1, height * width), train_labels.astype(np.int64)),
        Split(test_images.reshape(-1, height * width), test_labels.astype(np.int64)),
        (height, width),
        _num_classes(name, train_labels, test_labels, num_classes),
        digest,
    )


def _num_classes(
    name: str, train_labels: np.ndarray, test_labels: np.ndarray, declared: int | None
) -> int:
    """The rule that ``load`` describes. Labels are uint8, so at most 256 classes."""
    largest = int(max(train_labels.max(), test_labels.max()))
    if declared is not None:
        if largest >= declared:
            raise DataError(f"{name}: label {largest} is outside 0 to {declared - 1}")
        return declared
    if largest < NUM_DIGITS:
        return NUM_DIGITS
    in_both = np.intersect1d(train_labels, test_labels)
    absent = np.setdiff1d(np.arange(1, largest + 1), in_both)
    if absent.size:
        raise DataError(
            f"{name}: label {largest} is outside 0 to {NUM_DIGITS - 1}; in a set of more classes "
            f"every class needs training and test examples, and class {absent[0]} lacks them"
        )
    return largest + 1


# Folders


def _from_directory(directory: Path) -> Dataset:
    if not os.path.isdir(directory):
        raise DataError(f"--data_dir={directory} is not a folder")
    usual = DATASETS["mnist"].files
    paths = [_find(directory, file.name) for file in usual]
    found = [path for path in paths if path is not None]
    missing = [file.name for file, path in zip(usual, paths, strict=True) if path is None]
    archive = directory / "mnist.npz"
    if not missing:
        arrays = [idx.read(path, file.axes) for path, file in zip(found, usual, strict=True)]
    elif found:
        raise DataError(f"{directory} lacks {' and '.join(missing)} (plain or with .gz)")
    elif os.path.isfile(archive):
        arrays = list(idx.read_npz(archive))
    else:
        raise DataError(
            f"{directory} has neither mnist.npz nor the IDX files {', '.join(missing)} "
            "(plain or with .gz)"
        )
    hashes = [idx.sha256(array) for array in arrays]
    for name, entry in DATASETS.items():
        if hashes == [file.sha256 for file in entry.files]:
            return _dataset(name, arrays, hashes, entry.num_classes)
    return _dataset(_own_name(directory, hashes), arrays, hashes)


def _find(directory: Path, name: str) -> Path | None:
    """The file of that name, plain rather than gzipped, also as ``…-images.idx3-ubyte``."""
    for stem in (name, name.replace("-idx", ".idx")):
        for path in (directory / stem, directory / f"{stem}.gz"):
            if os.path.isfile(path):
                return path
    return None


def _own_name(directory: Path, hashes: Sequence[str]) -> str:
    """The folder's name, marked if it is that of a data set which this is not."""
    name = directory.resolve().name or "data"
    return f"{name}-{hashes[0][:8]}" if name in DATASETS else name
