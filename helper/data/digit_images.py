"""A person's own picture of a digit, converted to the form of MNIST's. Needs Pillow."""

from __future__ import annotations

import os
import stat
import warnings
from pathlib import Path

import numpy as np

from helper.data.centring import BOX, centred
from helper.errors import DataError, LabError

try:
    from PIL import Image, ImageOps, UnidentifiedImageError
except ImportError:
    raise LabError("reading pictures needs Pillow: pip install pillow") from None

_FORMATS = ("PNG", "JPEG")
_MOST_BYTES = 50 * 2**20
_MOST_PIXELS = 25_000_000  # a telephone's photograph has about 12 million
_LONGEST_SIDE = 10_000
# Up to this share of the full contrast counts as background: paper is never quite even.
_BACKGROUND = 0.15
_LEAST_CONTRAST = 24
_ENOUGH_PIXELS = 140  # a side this long still shows every stroke


def read(path: str | Path) -> np.ndarray:
    """The digit in a PNG or JPEG file as MNIST would have it: uint8 [28, 28].

    Raises DataError if the file cannot be read, is too large, or shows no digit. Sizes are checked
    before anything is decoded.
    """
    return convert(_grey(Path(path)), str(path))


def convert(grey: np.ndarray, name: str = "the picture") -> np.ndarray:
    """The same for grey values: float64 [height, width], 0 to 255, on any background."""
    ink = _ink(_without_grain(grey), name)
    rows, columns = (np.flatnonzero((ink > _BACKGROUND).any(axis=axis)) for axis in (1, 0))
    digit = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = BOX / max(digit.shape)
    height, width = (max(1, round(side * scale)) for side in digit.shape)
    small = Image.fromarray(digit.astype(np.float32)).resize(
        (width, height), Image.Resampling.BILINEAR
    )
    return centred(np.clip(np.asarray(small, np.float64), 0, 1))


def _grey(path: Path) -> np.ndarray:
    """Grey values of the file, float64 [height, width], 0 to 255; transparent parts are white."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise DataError(f"cannot read {path}: it is not a file")
        if os.path.getsize(path) > _MOST_BYTES:
            raise DataError(f"{path} is larger than {_MOST_BYTES // 2**20} MB")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(path, formats=_FORMATS)
        with image:
            if image.width * image.height > _MOST_PIXELS or max(image.size) > _LONGEST_SIDE:
                raise DataError(
                    f"{path} has {image.width:,} × {image.height:,} pixels; at most "
                    f"{_LONGEST_SIDE:,} a side and {_MOST_PIXELS:,} in all are allowed"
                )
            upright = ImageOps.exif_transpose(image)
            if upright.mode.startswith("I"):  # 16 bits a pixel
                return np.asarray(upright, np.float64) / 257
            coloured = upright.convert("RGBA")
            paper = Image.new("RGBA", coloured.size, "white")
            return np.asarray(Image.alpha_composite(paper, coloured).convert("L"), np.float64)
    except Image.DecompressionBombError:
        raise DataError(
            f"{path} has too many pixels; at most {_MOST_PIXELS:,} are allowed"
        ) from None
    except UnidentifiedImageError:
        raise DataError(f"{path} is not a PNG or JPEG picture") from None
    except (OSError, SyntaxError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"cannot read {path}: {reason}") from None


def _without_grain(grey: np.ndarray) -> np.ndarray:
    """A large picture as means over blocks, so that dust and paper grain do not count as ink."""
    block = max(1, max(grey.shape) // _ENOUGH_PIXELS)
    down, right = (min(block, side) for side in grey.shape)
    height, width = grey.shape[0] // down, grey.shape[1] // right
    blocks = grey[: height * down, : width * right].reshape(height, down, width, right)
    return blocks.mean(axis=(1, 3))


def _ink(grey: np.ndarray, name: str) -> np.ndarray:
    """The amount of ink, float64 [height, width], 0 (the background) to 1."""
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    background = np.median(border)
    ink = background - grey if background > 127.5 else grey - background
    strongest = ink.max()
    if strongest < _LEAST_CONTRAST:
        raise DataError(f"{name} shows no digit: it has about the same shade everywhere")
    return np.clip(ink / strongest, 0, 1)
