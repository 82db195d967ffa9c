"""MNIST as ``input_data.read_data_sets`` gave it, from the project's verified data.

The same order of batches for the same seed as in TensorFlow 1.4 to 1.15, whose behaviour
(tensorflow/contrib/learn/python/learn/datasets/mnist.py) this follows: NumPy's global generator
shuffles indices at the first batch and at each new epoch, and a batch may span two epochs.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from helper.data.datasets import Dataset, Split
from helper.old_scripts import mnist_files, old_modules, unsupported
from helper.old_scripts.import_hooks import Make
from helper.tensorflow_v1 import tf

_PIXELS = 784
_FAKE_EXAMPLES = 10_000


class DataSet:
    """Images and labels that are handed out in batches.

    images: uint8 [n, height, width, 1], 0 to 255. labels: [n], or [n, classes] if one-hot.
    dtype: uint8 keeps the images, float32 scales them to [0, 1]. reshape: to [n, pixels].
    seed: of the order; None takes the graph's seed, if that is set.
    """

    def __init__(
        self,
        images: Any,
        labels: Any,
        fake_data: bool = False,
        one_hot: bool = False,
        dtype: Any = np.float32,
        reshape: bool = True,
        seed: int | None = None,
    ) -> None:
        of_graph, of_operation = tf.get_seed(seed)
        np.random.seed(of_graph if seed is None else of_operation)
        kind = tf.as_dtype(dtype).base_dtype
        if kind not in (tf.uint8, tf.float32):
            raise TypeError(f"Invalid image dtype {kind!r}, expected uint8 or float32")
        self.one_hot = one_hot
        self._epochs_completed = self._index_in_epoch = 0
        self._images, self._labels = images, labels
        if fake_data:
            self._num_examples = _FAKE_EXAMPLES
            return
        if len(images) != len(labels):
            raise AssertionError(f"images.shape: {images.shape} labels.shape: {labels.shape}")
        self._num_examples = len(images)
        if reshape:
            self._images = images.reshape(len(images), -1)
        if kind == tf.float32:
            self._images = np.multiply(self._images.astype(np.float32), np.float32(1 / 255))

    @property
    def images(self) -> Any:
        """The images, in the order of the current epoch."""
        return self._images

    @property
    def labels(self) -> Any:
        """Their labels."""
        return self._labels

    @property
    def num_examples(self) -> int:
        """How many there are."""
        return self._num_examples

    @property
    def epochs_completed(self) -> int:
        """How often all of them have been handed out."""
        return self._epochs_completed

    def next_batch(
        self, batch_size: int, fake_data: bool = False, shuffle: bool = True
    ) -> tuple[Any, Any]:
        """The next images and labels, ``batch_size`` of each."""
        if fake_data:
            label: Any = [1, *[0] * 9] if self.one_hot else 0
            return [[1] * _PIXELS] * batch_size, [label] * batch_size
        start = self._index_in_epoch
        if start == 0 and self._epochs_completed == 0 and shuffle:
            self._shuffle()
        self._index_in_epoch = start + batch_size
        if self._index_in_epoch <= self._num_examples:
            return self._images[start : self._index_in_epoch], self._labels[
                start : self._index_in_epoch
            ]
        self._epochs_completed += 1
        images, labels = self._images[start:], self._labels[start:]
        if shuffle:
            self._shuffle()
        self._index_in_epoch -= self._num_examples
        return (
            np.concatenate((images, self._images[: self._index_in_epoch])),
            np.concatenate((labels, self._labels[: self._index_in_epoch])),
        )

    def _shuffle(self) -> None:
        order = np.arange(self._num_examples)
        np.random.shuffle(order)
        self._images, self._labels = self._images[order], self._labels[order]


class Datasets(NamedTuple):
    """What ``read_data_sets`` gives."""

    train: DataSet
    validation: DataSet
    test: DataSet


class Reader:
    """load: gives the data when a script asks for it. noted: called with what a script gets."""

    def __init__(self, load: Callable[[], Dataset], noted: Callable[[Datasets], None]) -> None:
        self._load, self._noted = functools.cache(load), noted

    def read_data_sets(
        self,
        train_dir: Any = None,
        fake_data: bool = False,
        one_hot: bool = False,
        dtype: Any = np.float32,
        reshape: bool = True,
        validation_size: int = 5000,
        seed: int | None = None,
        source_url: Any = None,
    ) -> Datasets:
        """MNIST: the first ``validation_size`` training examples are held out.

        Nothing is read from or written to ``train_dir``. Raises ValueError if ``validation_size``
        is negative or more than there are, DataError if MNIST is not available.
        """
        options = {"dtype": dtype, "reshape": reshape, "seed": seed}
        if fake_data:
            fake = [DataSet([], [], True, one_hot, dtype, seed=seed) for _ in range(3)]
            return Datasets(*fake)
        data = self._load()
        images, labels = _arrays(data, data.train, one_hot)
        if not 0 <= validation_size <= len(images):
            raise ValueError(
                f"Validation size should be between 0 and {len(images)}. "
                f"Received: {validation_size}."
            )
        held_out, rest = slice(validation_size), slice(validation_size, None)
        train = DataSet(images[rest], labels[rest], **options)
        validation = DataSet(images[held_out], labels[held_out], **options)
        found = Datasets(train, validation, DataSet(*_arrays(data, data.test, one_hot), **options))
        self._noted(found)
        return found

    def load_dataset(self, name: str, *_: Any, **__: Any) -> Datasets:
        """``tf.contrib.learn.datasets.load_dataset("mnist")``; there is no other set here."""
        if name != "mnist":
            unsupported.refuse(f"tf.contrib.learn.datasets.{name}")
        return self.read_data_sets()

    def beside(self) -> dict[str, Make]:
        """``import input_data``: a copy that lay beside a script, for one that has lost it."""
        (make,) = old_modules.makers({"tensorflow.input_data": self._names()}).values()
        return {"input_data": make}

    def modules(self) -> dict[str, Make]:
        """The names under which scripts import it."""
        names = self._names()
        base = {"Datasets": Datasets, "maybe_download": mnist_files.maybe_download}
        learn = "tensorflow.contrib.learn.python.learn.datasets"
        return old_modules.makers(
            {
                "tensorflow.examples.tutorials.mnist.input_data": names,
                "tensorflow.contrib.learn.datasets": {"load_dataset": self.load_dataset},
                "tensorflow.contrib.learn.datasets.mnist": names,
                f"{learn}.mnist": names,
                f"{learn}.base": base,
            }
        )

    def _names(self) -> dict[str, Any]:
        return {
            "DataSet": DataSet,
            "read_data_sets": self.read_data_sets,
            "load_mnist": lambda train_dir="MNIST-data": self.read_data_sets(train_dir),
            "dense_to_one_hot": one_hot_labels,
            **mnist_files.NAMES,
        }


def one_hot_labels(labels_dense: np.ndarray, num_classes: int = 10) -> np.ndarray:
    """Labels [n] as float64 [n, num_classes]: 1 for the class, else 0."""
    return np.eye(num_classes)[np.asarray(labels_dense).ravel()]


def _arrays(data: Dataset, split: Split, one_hot: bool) -> tuple[np.ndarray, np.ndarray]:
    labels = split.labels.astype(np.uint8)
    images = split.images.reshape(-1, *data.image_shape, 1)
    return images, one_hot_labels(labels, data.num_classes) if one_hot else labels
