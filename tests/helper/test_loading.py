"""Files that are not what they should be: every one of them is ``Damaged``, none hangs."""

from __future__ import annotations

import io
import os
import zipfile

import numpy as np
import pytest

from helper import loading
from helper.loading import Damaged


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "predictions.npz"
    np.savez_compressed(path, predicted=np.arange(1000), label=np.arange(1000) % 10)
    return path


def test_arrays_come_back(archive):
    found = loading.load_arrays(archive, ("predicted", "label"))
    assert np.array_equal(found["predicted"], np.arange(1000))
    assert np.array_equal(found["label"], np.arange(1000) % 10)


def test_every_flipped_byte_is_noticed_or_changes_nothing(archive):
    content = archive.read_bytes()
    for place in range(0, len(content), 7):
        damaged = bytearray(content)
        damaged[place] ^= 0xFF
        archive.write_bytes(bytes(damaged))
        try:
            found = loading.load_arrays(archive, ("predicted", "label"))
        except Damaged as error:
            assert "\n" not in str(error)
        else:
            assert np.array_equal(found["predicted"], np.arange(1000))


def npy(array=None, header=None) -> bytes:
    file = io.BytesIO()
    if header is None:
        np.lib.format.write_array(file, array, allow_pickle=True)
    else:
        file.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    return file.getvalue()


@pytest.mark.parametrize(
    "member",
    [
        npy(np.array([{"a": 1}], dtype=object)),  # a pickle
        npy(header=b"-" * 9000),
        npy(header=b"(" * 9000),
        npy(header=b"{'descr': '<i8', 'fortran_order': False, 'shape': (100000000000,)}\n"),
        npy(header=b"{'descr': '<i8', 'fortran_order': False, 'shape': (-1,)}\n"),
        b"",
        b"\x93NUMPY\x09\x00",
    ],
)
def test_members_that_are_not_arrays(tmp_path, member):
    path = tmp_path / "predictions.npz"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("predicted.npy", member)
    with pytest.raises(Damaged):
        loading.load_arrays(path, ("predicted",))


def test_an_archive_that_declares_more_than_it_may(tmp_path, monkeypatch):
    path = tmp_path / "predictions.npz"
    np.savez_compressed(path, predicted=np.zeros(10_000_000, np.int8))
    assert path.stat().st_size < 100_000
    monkeypatch.setattr(loading, "_MOST_ARRAY_BYTES", 1 << 20)
    with pytest.raises(Damaged, match="declares 9 MiB"):
        loading.load_arrays(path, ("predicted",))


def test_archives_of_other_kinds(archive, tmp_path):
    np.save(tmp_path / "plain.npy", np.arange(3))
    with pytest.raises(Damaged, match="not a readable npz"):
        loading.load_arrays(tmp_path / "plain.npy", ("predicted",))
    with pytest.raises(Damaged, match="lacks an array"):
        loading.load_arrays(archive, ("images",))
    content = bytearray(archive.read_bytes())
    for signature, place in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        content[content.index(signature) + place] |= 1  # says that it is encrypted
    archive.write_bytes(bytes(content))
    with pytest.raises(Damaged):
        loading.load_arrays(archive, ("predicted",))


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to("/dev/zero")])
def test_what_is_not_a_regular_file(tmp_path, make):
    make(tmp_path / "file")
    with pytest.raises(Damaged):
        loading.read_regular(tmp_path / "file", 100)


def test_a_file_that_is_too_large(tmp_path):
    (tmp_path / "file").write_bytes(bytes(101))
    with pytest.raises(Damaged, match="larger"):
        loading.read_regular(tmp_path / "file", 100)
    assert loading.read_regular(tmp_path / "file", 101) == bytes(101)
