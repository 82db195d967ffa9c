"""Test images come from this machine, and are those of the run."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from helper.board import tested_images
from helper.data import idx, registry, sources
from helper.data.registry import Entry, IdxFile
from helper.errors import DataError
from helper.runs import listing
from tests import data_files
from tests.made_runs import make_run

FILES = ("train-images", "train-labels", "test-images", "test-labels")


@pytest.fixture
def arrays(monkeypatch, tmp_path):
    """A small set in the registry and in the cache, and no way to fetch anything."""
    arrays = data_files.small_arrays(60, 20)
    names = zip(FILES, arrays, strict=True)
    files = tuple(IdxFile(name, a.ndim, idx.sha256(a)) for name, a in names)
    entry = Entry(files=files, mirrors=("http://nowhere.invalid/",))
    monkeypatch.setattr(registry, "DATASETS", {"small": entry})
    monkeypatch.setattr(tested_images, "DATASETS", registry.DATASETS)
    monkeypatch.setattr(tested_images, "_kept", type(tested_images._kept)())
    monkeypatch.setenv("GRAPH_LAB_CACHE", str(tmp_path / "cache"))

    def refuse(*_):
        raise AssertionError("something was fetched")

    monkeypatch.setattr(sources, "fetch", refuse)
    (tmp_path / "cache/small").mkdir(parents=True)
    for file, array in zip(files[2:], arrays[2:], strict=True):
        content = idx.header(array.shape) + array.tobytes()
        (tmp_path / "cache/small" / file.name).write_bytes(content)
    return arrays


def run_on(tmp_path, arrays, **flags):
    digest = hashlib.sha256(b"".join(bytes.fromhex(idx.sha256(a)) for a in arrays)).hexdigest()
    make_run(tmp_path / "logs/softmax/0001", sha256=digest, **flags)
    return listing.find(tmp_path / "logs")[0]


def test_only_the_test_files_are_needed(arrays, tmp_path) -> None:
    split = tested_images.find(run_on(tmp_path, arrays))
    assert np.array_equal(split.images, arrays[2].reshape(20, -1))
    assert np.array_equal(split.labels, arrays[3]) and split.labels.dtype == np.int64


@pytest.mark.parametrize("spoil", ["missing", "damaged", "cut"])
def test_nothing_is_fetched(arrays, tmp_path, spoil) -> None:
    path = tmp_path / "cache/small/test-images"
    content = path.read_bytes()
    path.unlink()
    if spoil != "missing":
        path.write_bytes(content[:-1] if spoil == "cut" else content[:-1] + b"\xff")
    with pytest.raises(DataError):
        tested_images.find(run_on(tmp_path, arrays))


def test_a_directory_of_data(arrays, tmp_path) -> None:
    own = data_files.small_arrays(70, 30)
    data_files.write_idx_set(tmp_path / "data", own)
    run = run_on(tmp_path, own, data_dir=str(tmp_path / "data"))
    assert np.array_equal(tested_images.find(run).labels, own[3])
    other = run_on(tmp_path / "x", data_files.small_arrays(71, 30), data_dir=str(tmp_path / "data"))
    with pytest.raises(DataError, match="is not the data that"):
        tested_images.find(other)


def test_data_that_is_nowhere(arrays, tmp_path) -> None:
    with pytest.raises(DataError, match="are not on this machine"):
        tested_images.find(run_on(tmp_path, data_files.small_arrays(7, 5)))
