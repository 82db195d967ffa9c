"""Image data files read with care: IDX, plain or gzipped, and NumPy's ``mnist.npz``.

A file says how large it is before its content comes, and that claim is checked before any memory
is taken for it: a compressed file of 1 MB can claim, and even hold, 1 GB.

IDX (LeCun, Cortes, Burges: The MNIST database, "File formats"): two zero bytes, the type of the
elements (8 for unsigned bytes), the number of axes, the length of each axis as a big-endian
uint32, then the elements in C order.
"""

from __future__ import annotations

import gzip
import hashlib
import math
import struct
import zipfile
import zlib
from pathlib import Path
from typing import IO

import numpy as np

from helper.errors import DataError

UNSIGNED_BYTE = 0x08
MAX_BYTES = 1 << 30  # of one array: the largest set of this kind, EMNIST, has 547 MB of images
# Images of digits compress 5 to 10 times. Small arrays may well be blank; large ones are not.
MAX_RATIO = 100
RATIO_FROM_BYTES = 32 << 20
NPZ_ARRAYS = ("x_train", "y_train", "x_test", "y_test")


def header(shape: tuple[int, ...]) -> bytes:
    """The IDX header of an array of unsigned bytes of that shape."""
    return struct.pack(f">HBB{len(shape)}I", 0, UNSIGNED_BYTE, len(shape), *shape)


def sha256(array: np.ndarray) -> str:
    """SHA-256, in hexadecimal, of the uncompressed IDX file that holds this uint8 array.

    It depends on the content alone: an array from ``mnist.npz`` has the checksum of its IDX file.
    """
    digest = hashlib.sha256(header(array.shape))
    digest.update(np.ascontiguousarray(array, np.uint8).data)
    return digest.hexdigest()


def read(path: Path, axes: int) -> np.ndarray:
    """An IDX file, plain or gzipped, as a read-only uint8 array with ``axes`` axes.

    Raises DataError, naming the file, if it cannot be read or is not exactly such an array.
    """
    try:
        with path.open("rb") as file:
            return read_stream(file, axes, path.stat().st_size, str(path))
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None


def read_stream(file: IO[bytes], axes: int, stored_bytes: int, name: str) -> np.ndarray:
    """The same for an open seekable file of ``stored_bytes``; messages call it ``name``."""
    try:
        gzipped = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        if not gzipped:
            return _parse(file, axes, stored_bytes, name, compressed=False)
        with gzip.GzipFile(fileobj=file) as content:
            return _parse(content, axes, stored_bytes, name, compressed=True)
    except EOFError:
        raise DataError(f"{name} is cut short: its compressed data does not end") from None
    except (zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{name} is damaged: {error}") from None


def _parse(
    file: IO[bytes] | gzip.GzipFile, axes: int, stored_bytes: int, name: str, compressed: bool
) -> np.ndarray:
    start = file.read(4 + 4 * axes)
    if len(start) < 4 or start[:2] != b"\0\0":
        raise DataError(f"{name} is not an IDX file: it starts with 0x{start[:4].hex()}")
    if start[2] != UNSIGNED_BYTE:
        raise DataError(f"{name} has elements of type 0x{start[2]:02x}, not unsigned bytes (0x08)")
    if start[3] != axes:
        raise DataError(f"{name} has {start[3]} axes, not {axes}")
    if len(start) < 4 + 4 * axes:
        raise DataError(f"{name} is cut short: it ends inside its header")
    shape = struct.unpack(f">{axes}I", start[4:])
    size = _checked_size(shape, stored_bytes, name)
    whole = len(start) + size
    if not compressed and stored_bytes < whole:
        raise DataError(f"{name} is cut short: {stored_bytes} of {whole} bytes")
    content = file.read(size)
    if len(content) < size:
        there = len(start) + len(content)
        raise DataError(f"{name} is cut short: {there} of {whole} bytes")
    if file.read(1):
        raise DataError(f"{name} continues after the {whole} bytes that its header declares")
    return np.frombuffer(content, np.uint8).reshape(shape)


def _checked_size(shape: tuple[int, ...], stored_bytes: int, name: str, item_bytes: int = 1) -> int:
    """The bytes an array of this shape takes; DataError if the file cannot honestly hold that."""
    size = math.prod(shape) * item_bytes
    if size == 0:
        raise DataError(f"{name} is empty: it declares the shape {_text(shape)}")
    if size > MAX_BYTES:
        raise DataError(f"{name} declares {_text(shape)} bytes, more than {MAX_BYTES >> 20} MiB")
    if size > RATIO_FROM_BYTES and size > MAX_RATIO * stored_bytes:
        raise DataError(
            f"{name} declares {_text(shape)} bytes, {size >> 20} MiB, in a file of {stored_bytes}"
        )
    return size


def _text(shape: tuple[int, ...]) -> str:
    return " x ".join(str(length) for length in shape)


def read_npz(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """x_train, y_train, x_test and y_test of an archive like Keras's ``mnist.npz``, as uint8.

    Images [n, height, width]; labels [n], in the file of any integer type. Nothing is unpickled.
    Raises DataError, naming the file, if an array is missing, damaged, or of another form.
    """
    try:
        with path.open("rb") as file:
            return read_npz_stream(file, str(path))
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None


def read_npz_stream(
    file: IO[bytes], name: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The same for an open seekable file; messages call it ``name``."""
    try:
        with zipfile.ZipFile(file) as archive:
            x_train, y_train, x_test, y_test = (_member(archive, key, name) for key in NPZ_ARRAYS)
            return x_train, y_train, x_test, y_test
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        ValueError,
        RuntimeError,  # the archive is encrypted
    ) as error:
        raise DataError(f"{name} is not a readable npz archive: {error}") from None


def _member(archive: zipfile.ZipFile, key: str, name: str) -> np.ndarray:
    label = f"{key} in {name}"
    if f"{key}.npy" not in archive.namelist():
        raise DataError(f"{name} has no array {key}; {', '.join(NPZ_ARRAYS)} are needed")
    info = archive.getinfo(f"{key}.npy")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(f"{label} is compressed in a way that NumPy does not write")
    is_images = key.startswith("x")
    with archive.open(info) as file:
        shape, dtype, start = _npy_header(file, key)
    if len(shape) != (3 if is_images else 1):
        raise DataError(f"{label} has {len(shape)} axes, not {3 if is_images else 1}")
    if dtype != np.uint8 if is_images else dtype.kind not in "iu":
        raise DataError(f"{label} is {dtype}, not {'uint8' if is_images else 'integers'}")
    size = _checked_size(shape, info.compress_size, label, dtype.itemsize)
    if info.file_size != start + size:
        raise DataError(
            f"{label} has {info.file_size} bytes, not the {start + size} that it declares"
        )
    with archive.open(info) as file:
        array = np.lib.format.read_array(file, allow_pickle=False)
    if not is_images and (array.min() < 0 or array.max() > 255):
        raise DataError(f"{label} ranges from {array.min()} to {array.max()}, outside 0 to 255")
    return np.ascontiguousarray(array, np.uint8)


def _npy_header(file: IO[bytes], key: str) -> tuple[tuple[int, ...], np.dtype, int]:
    """Shape, dtype and the length of the header itself, from the start of an npy file."""
    version = np.lib.format.read_magic(file)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }.get(version)
    if read is None:
        raise ValueError(f"npy format {version[0]}.{version[1]} is not supported")
    try:
        shape, _, dtype = read(file)
    except Exception:  # NumPy reads it as a Python expression: many things can go wrong
        raise ValueError(f"the header of {key} cannot be parsed") from None
    if not all(0 <= length < 1 << 63 for length in shape):
        raise ValueError(f"the header of {key} declares a length that no array can have")
    return shape, dtype, file.tell()
