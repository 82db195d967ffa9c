"""Encode PNG images with the standard library alone."""

from __future__ import annotations

import struct
import zlib

import numpy as np

_COLOUR_TYPES = {2: 0, 3: 2}  # by number of dimensions: greyscale, RGB


def encode(pixels: np.ndarray) -> bytes:
    """Encode a picture as a PNG file (https://www.w3.org/TR/png-3/).

    pixels: uint8 [height, width] or, for red, green and blue, [height, width, 3].
    Raises ValueError for any other array, and for one without pixels.
    """
    grey, colour = pixels.ndim == 2, pixels.ndim == 3 and pixels.shape[2] == 3
    if pixels.dtype != np.uint8 or not pixels.size or not (grey or colour):
        raise ValueError(
            "a picture must be uint8 [height, width] or [height, width, 3], "
            f"not {pixels.dtype} {list(pixels.shape)}"
        )
    height, width = pixels.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOUR_TYPES[pixels.ndim], 0, 0, 0)
    # Each row begins with its filter type; 0 is no filter.
    rows = np.pad(pixels.reshape(height, -1), ((0, 0), (1, 0)))
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes())), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
