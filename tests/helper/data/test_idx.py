from __future__ import annotations

import gzip
import hashlib
import io
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from helper.data import idx
from helper.errors import DataError
from tests.data_files import idx_bytes, npz_bytes, small_arrays

IMAGES = small_arrays()[0]


def written(folder: Path, content: bytes, name: str = "data") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_header_is_that_of_the_format():
    # From the format's own description of the training images: magic 0x803, 60000, 28, 28.
    assert idx.header((60000, 28, 28)) == struct.pack(">IIII", 0x803, 60000, 28, 28)
    assert idx.header((60000,)) == struct.pack(">II", 0x801, 60000)


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_read_plain_and_gzipped(tmp_path, compress):
    array = idx.read(written(tmp_path, compress(idx_bytes(IMAGES))), axes=3)
    assert array.dtype == np.uint8
    np.testing.assert_array_equal(array, IMAGES)


def test_sha256_is_that_of_the_file():
    expected = hashlib.sha256(idx_bytes(IMAGES)).hexdigest()
    assert idx.sha256(IMAGES) == expected
    assert idx.sha256(np.asfortranarray(IMAGES)) == expected


def with_start(*start: int) -> bytes:
    return bytes(start) + idx_bytes(IMAGES)[4:]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "not an IDX file"),
        (b"<html>no such page</html>", "not an IDX file"),
        (with_start(1, 0, 8, 3), "not an IDX file"),
        (with_start(0, 0, 13, 3), "not unsigned bytes"),
        (with_start(0, 0, 8, 1), "1 axes, not 3"),
        (idx_bytes(IMAGES)[:10], "inside its header"),
        (idx_bytes(IMAGES)[:-1], "cut short: 335 of 336 bytes"),
        (idx_bytes(IMAGES) + b"x", "continues after the 336 bytes"),
        (idx.header((0, 4, 4)), "is empty"),
        (idx.header((2**31, 28, 28)), "more than 1024 MiB"),
        (idx.header((50_000, 28, 28)), "37 MiB, in a file of"),
    ],
)
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_bad_files_are_named(tmp_path, content, problem, compress):
    path = written(tmp_path, compress(content))
    with pytest.raises(DataError, match=problem) as caught:
        idx.read(path, axes=3)
    assert str(path) in str(caught.value)


def test_gzip_cut_or_damaged(tmp_path):
    whole = gzip.compress(idx_bytes(IMAGES))
    with pytest.raises(DataError, match="cut short"):
        idx.read(written(tmp_path, whole[:-20]), axes=3)
    with pytest.raises(DataError, match="is damaged"):
        idx.read(written(tmp_path, whole[:-8] + b"12345678"), axes=3)  # its CRC and length
    with pytest.raises(DataError, match="is damaged"):
        idx.read(written(tmp_path, whole[:40] + bytes(40) + whole[80:]), axes=3)


def test_a_gzip_bomb_takes_no_memory(tmp_path):
    bomb = gzip.compress(idx.header((1 << 20, 28, 28)) + bytes(1 << 22))
    path = written(tmp_path, bomb)
    tracemalloc.start()
    with pytest.raises(DataError, match="784 MiB, in a file of"):
        idx.read(path, axes=3)
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(DataError, match="No such file"):
        idx.read(tmp_path / "absent", axes=3)
    with pytest.raises(DataError, match="Is a directory"):
        idx.read(tmp_path, axes=3)
    with pytest.raises(DataError, match="No such file"):
        idx.read_npz(tmp_path / "absent")


def test_npz_keeps_values_and_takes_wider_labels(tmp_path):
    arrays = small_arrays()
    arrays[1] = arrays[1].astype(np.int64)
    arrays[0] = np.asfortranarray(arrays[0])
    read = idx.read_npz(written(tmp_path, npz_bytes(arrays)))
    for array, expected in zip(read, arrays, strict=True):
        assert array.dtype == np.uint8
        np.testing.assert_array_equal(array, expected)


def replaced(position: int, array: np.ndarray) -> bytes:
    arrays = small_arrays()
    arrays[position] = array
    return npz_bytes(arrays)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"not a zip", "not a readable npz"),
        (npz_bytes(small_arrays())[:-40], "not a readable npz"),
        (replaced(0, IMAGES.astype(np.float32)), "x_train in .* is float32, not uint8"),
        (replaced(0, IMAGES.reshape(20, 16)), "x_train in .* has 2 axes, not 3"),
        (replaced(0, IMAGES[:0]), "x_train in .* is empty"),
        (replaced(1, np.full(20, 300)), "y_train in .* ranges from 300 to 300"),
        (replaced(1, np.full(20, -1)), "y_train in .* ranges from -1 to -1"),
        (replaced(1, np.eye(20, dtype=np.uint8)), "y_train in .* has 2 axes, not 1"),
        (replaced(3, np.zeros(10)), "y_test in .* is float64, not integers"),
    ],
)
def test_bad_npz(tmp_path, content, problem):
    path = written(tmp_path, content, "mnist.npz")
    with pytest.raises(DataError, match=problem) as caught:
        idx.read_npz(path)
    assert str(path) in str(caught.value)


def test_npz_lacks_an_array(tmp_path):
    np.savez(tmp_path / "mnist.npz", x_train=IMAGES)
    with pytest.raises(DataError, match=r"mnist.npz has no array y_train"):
        idx.read_npz(tmp_path / "mnist.npz")


class Unpickled:
    happened = False

    def __reduce__(self):
        return (setattr, (Unpickled, "happened", True))


def test_npz_is_never_unpickled(tmp_path):
    path = written(tmp_path, replaced(0, np.array([Unpickled()], dtype=object)))
    with pytest.raises(DataError, match="x_train"):
        idx.read_npz(path)
    assert not Unpickled.happened


def npz_with(member: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x_train.npy", member)
    return file.getvalue()


def npy_of(header: str) -> bytes:
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()


def npy_header(shape: tuple[int, ...]) -> bytes:
    file = io.BytesIO()
    description = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, description)
    return file.getvalue()


@pytest.mark.parametrize(
    ("member", "problem"),
    [
        (npy_header((1 << 20, 28, 28)) + bytes(1 << 22), "784 MiB, in a file of"),
        (npy_header((1 << 40, 28, 28)), "more than 1024 MiB"),
        (npy_header((20, 4, 4)) + bytes(319), "has 447 bytes, not the 448 that"),
        (npy_header((20, 4, 4)) + bytes(321), "has 449 bytes, not the 448 that"),
        (b"something else", "not a readable npz"),
    ],
)
def test_npz_that_declares_what_it_does_not_hold(tmp_path, member, problem):
    path = written(tmp_path, npz_with(member))
    tracemalloc.start()
    with pytest.raises(DataError, match=problem):
        idx.read_npz(path)
    assert tracemalloc.get_traced_memory()[1] < 4 << 20
    tracemalloc.stop()


@pytest.mark.parametrize(
    "header",
    [
        "{bad}",
        "{'shape': (3,\n",
        " {}\n x",
        "{[]: 1}",
        "-" * 9000 + "1",
        "(" * 5000,
        "[" * 150 + "]" * 150,
        "1" * 9000,
        "x\n" * 4000,
        "{'descr': [1], 'fortran_order': False, 'shape': (3,)}",
        f"{{'descr': {'(' * 90}'|u1'{',)' * 90}, 'fortran_order': False, 'shape': (3,)}}",
    ],
    ids=lambda header: header[:20],
)
def test_npz_with_a_header_that_cannot_be_parsed(tmp_path, header):
    path = written(tmp_path, npz_with(npy_of(header)))
    with pytest.raises(DataError) as caught:
        idx.read_npz(path)
    assert str(caught.value) == (
        f"{path} is not a readable npz archive: the header of x_train cannot be parsed"
    )


@pytest.mark.parametrize("length", ["-1", "0x8000000000000000", f"0x{'f' * 8000}"], ids=len)
def test_npz_with_a_length_that_no_array_has(tmp_path, length):
    member = npy_of(f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({length}, 4, 4)}}")
    with pytest.raises(DataError, match="declares a length that no array can have"):
        idx.read_npz(written(tmp_path, npz_with(member)))
