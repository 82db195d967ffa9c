"""MNIST's files by their addresses: the content is the cache's, the sizes are those of then."""

from __future__ import annotations

import gzip
import io
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helper.data.datasets import Dataset, Split
from helper.old_scripts import downloads

IMAGES = np.arange(12 * 4, dtype=np.uint8).reshape(12, 4)
LABELS = np.arange(12, dtype=np.int64) % 10
DATA = Dataset("mnist", Split(IMAGES, LABELS), Split(IMAGES[:5], LABELS[:5]), (2, 2), 10, "ab")
SITE = "http://yann.lecun.com/exdb/mnist/"


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The addresses that were really asked for."""
    asked: list[Any] = []
    monkeypatch.setattr(urllib.request, "urlopen", asked.append)
    monkeypatch.setattr(urllib.request, "urlretrieve", lambda *a: asked.append(a[0]))
    downloads.Downloads(lambda: DATA).install()
    yield asked


def test_urlretrieve(tmp_path: Path) -> None:
    calls: list[Any] = []
    path, headers = urllib.request.urlretrieve(
        SITE + "t10k-labels-idx1-ubyte.gz", tmp_path / "a.gz", lambda *a: calls.append(a)
    )
    assert (tmp_path / "a.gz").stat().st_size == 4542 == int(headers["Content-Length"])
    with gzip.open(path) as file:
        assert file.read() == b"\0\0\x08\x01\0\0\0\x05" + bytes(range(5))
    assert calls[-1] == (1, 4542, 4542)


def test_urlopen() -> None:
    request = urllib.request.Request(
        "https://storage.googleapis.com/cvdf-datasets/mnist/train-images-idx3-ubyte.gz"
    )
    with urllib.request.urlopen(request) as response:
        content = response.read()
    assert len(content) == 9_912_422 and response.status == 200
    assert gzip.GzipFile(fileobj=io.BytesIO(content)).read()[16:] == IMAGES.tobytes()


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org/mnist/other.gz",
        "http://fashion-mnist.s3.amazonaws.com/train-images-idx3-ubyte.gz",
        "http://example.org/train-images-idx3-ubyte.gz",
    ],
)
def test_other_addresses_are_left_alone(address: str, installed: list[Any]) -> None:
    urllib.request.urlopen(address)
    urllib.request.urlretrieve(address, "x")
    assert installed == [address, address]


def test_padding_never_cuts() -> None:
    content = np.random.RandomState(0).bytes(5_000)
    assert gzip.decompress(downloads.gzipped(content, 10)) == content
    for size in range(5_020, 5_060):
        padded = downloads.gzipped(content, size)
        assert gzip.decompress(padded) == content
        assert len(padded) == max(size, len(downloads.gzipped(content)))
