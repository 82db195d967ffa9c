"""Read TFRecord files, the container of TensorBoard's event files, without TensorFlow."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import CRC_TABLE, masked_crc32c

_HEADER = struct.Struct("<QI")  # length of the payload, masked CRC-32C of those 8 bytes
_CHECKSUM = struct.Struct("<I")
_TABLE = np.array(CRC_TABLE, np.uint32)
# Checking many short records at once costs one pass per byte of the longest of them; a longer
# record (an image, a graph) is checked on its own, and only when its reader asks for it.
_SHORT = 256


class Record:
    """One payload, and whether its checksum holds (a long one is checked when asked)."""

    __slots__ = ("_checksum", "_intact", "payload")

    def __init__(self, payload: bytes, checksum: int, intact: bool | None) -> None:
        self.payload = payload
        self._checksum = checksum
        self._intact = intact

    @property
    def intact(self) -> bool:
        if self._intact is None:
            self._intact = masked_crc32c(self.payload) == self._checksum
        return self._intact


def read_records(path: Path, report: Callable[[str], None]) -> Iterator[Record]:
    """Yields the records of a file in order.

    A last record that was cut short, or a tail of zeros (what a killed writer or a dead machine
    leaves), ends the file quietly. A damaged length ends it too, since the next record cannot be
    found, and is told to `report` in one line. Raises OSError when the file cannot be read.
    """
    content = path.read_bytes()
    offset, starts, lengths, headers = 0, [], [], []
    while offset + _HEADER.size <= len(content):
        length, header_checksum = _HEADER.unpack_from(content, offset)
        start = offset + _HEADER.size
        end = start + length
        if end + _CHECKSUM.size > len(content):
            # Either the tail is missing or the length is damaged: its own checksum tells.
            if masked_crc32c(content[offset : offset + 8]) != header_checksum:
                report(f"{path}: damaged at byte {offset}; nothing after it can be read")
            break
        starts.append(start)
        lengths.append(length)
        headers.append(header_checksum)
        offset = end + _CHECKSUM.size

    buffer = np.frombuffer(content, np.uint8)
    begin, size = np.array(starts, np.int64), np.array(lengths, np.int64)
    bad_header = masked_crc32c_of_each(buffer, begin - _HEADER.size, np.full_like(size, 8)) != (
        np.array(headers, np.uint32)
    )
    checksums = [_CHECKSUM.unpack_from(content, s + n)[0] for s, n in zip(starts, lengths)]
    short = size <= _SHORT
    short_intact = np.zeros(len(starts), bool)
    short_intact[short] = masked_crc32c_of_each(buffer, begin[short], size[short]) == (
        np.array(checksums, np.uint32)[short]
    )
    for i, (start, length) in enumerate(zip(starts, lengths)):
        if bad_header[i]:
            if any(content[start - _HEADER.size :]):
                at = start - _HEADER.size
                report(f"{path}: damaged at byte {at}; nothing after it can be read")
            return
        intact = bool(short_intact[i]) if short[i] else None
        yield Record(content[start : start + length], checksums[i], intact)


def masked_crc32c_of_each(buffer: np.ndarray, starts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """The TFRecord checksum of many slices of one buffer at once.

    buffer: uint8 [bytes]; starts, sizes: int64 [n]. Returns uint32 [n]: the CRC-32C (Castagnoli,
    RFC 3720) of each slice, rotated and shifted as TensorFlow's `lib/hash/crc32c.h` does.
    Byte by byte like the plain algorithm, but for all slices together: 5-20 times faster.
    """
    longest_first = np.argsort(-sizes, kind="stable")
    start, size = starts[longest_first], sizes[longest_first]
    crc = np.full(len(size), 0xFFFFFFFF, np.uint32)
    for column in range(int(size[0]) if len(size) else 0):
        n = int(np.searchsorted(-size, -column))  # the slices that have a byte in this column
        crc[:n] = _TABLE[(crc[:n] ^ buffer[start[:n] + column]) & 0xFF] ^ (crc[:n] >> 8)
    crc ^= np.uint32(0xFFFFFFFF)
    masked = ((crc >> 15) | (crc << 17)) + np.uint32(0xA282EAD8)
    result = np.empty_like(masked)
    result[longest_first] = masked
    return result
