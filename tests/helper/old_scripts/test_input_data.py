"""The batches of ``input_data``: their order, their form, and what a script may ask for."""

from __future__ import annotations

import numpy as np
import pytest

tf = pytest.importorskip("helper.tensorflow_v1").tf

from helper.data.datasets import Dataset, Split  # noqa: E402 - after TensorFlow
from helper.old_scripts import fed, input_data  # noqa: E402

IMAGES = np.arange(12 * 4, dtype=np.uint8).reshape(12, 4) * 5
LABELS = np.arange(12, dtype=np.int64) % 10
DATA = Dataset(
    "mnist", Split(IMAGES, LABELS), Split(IMAGES[:5].copy(), LABELS[:5]), (2, 2), 10, "ab"
)


def read(**options) -> input_data.Datasets:
    reader = input_data.Reader(lambda: DATA, lambda found: None)
    return reader.read_data_sets("MNIST_data", validation_size=2, **options)


def test_splits_and_forms() -> None:
    found = read(one_hot=True)
    assert [split.num_examples for split in found] == [10, 2, 5]
    assert found.train.images.dtype == np.float32 and found.train.images.shape == (10, 4)
    np.testing.assert_allclose(found.validation.images * 255, IMAGES[:2], rtol=1e-6)
    assert found.test.labels.dtype == np.float64
    np.testing.assert_array_equal(found.test.labels.argmax(1), LABELS[:5])
    raw = read(reshape=False, dtype=tf.uint8)
    assert raw.train.images.shape == (10, 2, 2, 1) and raw.train.images.dtype == np.uint8
    assert raw.train.labels.dtype == np.uint8


def test_the_order_is_that_of_the_seed() -> None:
    """As NumPy shuffles indices with the seed that TensorFlow derives from it."""
    train = read(seed=7).train
    random = np.random.RandomState(tf.get_seed(7)[1])
    first, second = np.arange(10), np.arange(10)
    random.shuffle(first)
    random.shuffle(second)
    # The three sets seed the same generator one after the other, with the same seed.
    labels = [train.next_batch(4)[1] for _ in range(3)]
    shown = LABELS[2:][first]
    np.testing.assert_array_equal(labels[0], shown[:4])
    np.testing.assert_array_equal(labels[1], shown[4:8])
    np.testing.assert_array_equal(labels[2], [*shown[8:], *shown[second][:2]])
    assert train.epochs_completed == 1


def test_without_shuffling_and_a_whole_epoch() -> None:
    train = read().train
    np.testing.assert_array_equal(train.next_batch(10, shuffle=False)[1], LABELS[2:])
    assert train.epochs_completed == 0
    np.testing.assert_array_equal(train.next_batch(3, shuffle=False)[1], LABELS[2:5])
    assert train.epochs_completed == 1


def test_fake_data_and_wrong_arguments() -> None:
    images, labels = read(fake_data=True, one_hot=True).train.next_batch(3, True)
    assert (len(images), len(images[0]), labels[0]) == (3, 784, [1] + [0] * 9)
    with pytest.raises(TypeError):
        read(dtype=tf.int32)
    reader = input_data.Reader(lambda: DATA, lambda found: None)
    with pytest.raises(ValueError, match="between 0 and 12"):
        reader.read_data_sets("x", validation_size=13)


def test_what_is_fed_tells_the_split() -> None:
    found, known = read(), fed.Fed()
    known.know("test", found.test)
    assert known.split({"x": found.test.images, "rate": 0.5}) == "test"
    assert known.split({"x": found.test.images[:2].reshape(-1, 2, 2)}) == "test"
    assert known.split({"x": found.test.next_batch(2)[0]}) == "test"
    assert known.split({"x": found.train.next_batch(2)[0], "y": [1, 2]}) == "train"
    bytes_, views = read(dtype=tf.uint8, reshape=False), fed.Fed()
    views.know("test", bytes_.test)
    assert views.split({"x": bytes_.test.images[:2]}) == "test"
    assert views.split({"x": bytes_.train.images[:2]}) == "train"
