"""Read and write TFRecords, the container of TensorBoard's event files, without TensorFlow."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import google_crc32c

_HEADER = struct.Struct("<QI")  # the payload's length, and the checksum of those 8 bytes
_FOOTER = struct.Struct("<I")  # the payload's checksum
# The bytes that a TFRecord takes besides its payload.
OVERHEAD = _HEADER.size + _FOOTER.size


def as_tfrecord(payload: bytes) -> bytes:
    """The bytes of a payload's TFRecord in a file."""
    length = struct.pack("<Q", len(payload))
    header = _HEADER.pack(len(payload), _checksum(length))
    return header + payload + _FOOTER.pack(_checksum(payload))


def read_payloads(path: Path, report: Callable[[str], None]) -> Iterator[bytes | None]:
    """Yield the payload of each TFRecord of a file in order, None in place of a damaged one.

    A file may end within a TFRecord or in zeros: that is what a killed writer or a machine that
    died leaves. Reading stops at a damaged length, since the next TFRecord cannot be found, and
    `report` gets one line about it. Raises OSError when the file cannot be read.
    """
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        end = 0
        while len(header := file.read(_HEADER.size)) == _HEADER.size:
            length, length_checksum = _HEADER.unpack(header)
            if _checksum(header[:8]) != length_checksum:
                rest = iter(lambda: file.read(2**20), b"")
                if any(header) or any(chunk.strip(b"\0") for chunk in rest):
                    report(f"{path}: damaged at byte {end}; nothing after it can be read")
                return
            end += length + OVERHEAD
            # Before reading: a length can be intact and still larger than the memory.
            if end > size:
                return
            payload, footer = file.read(length), file.read(_FOOTER.size)
            yield payload if _FOOTER.pack(_checksum(payload)) == footer else None


def _checksum(content: bytes) -> int:
    """The CRC-32C (RFC 3720), rotated and shifted as TensorFlow's `lib/hash/crc32c.h` does."""
    crc = google_crc32c.value(content)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
