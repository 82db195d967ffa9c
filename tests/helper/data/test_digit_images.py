from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helper.data import datasets, digit_images
from helper.errors import DataError


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    """Three of each digit, uint8 [30, 28, 28]."""
    return datasets.load("mnist_5k").test.images[:30].reshape(-1, 28, 28)


def photograph(digit: np.ndarray, light: bool, zoom: int = 9) -> np.ndarray:
    """The digit, larger and off the centre, on paper or on a blackboard: uint8 [420, 600]."""
    side = 28 * zoom
    large = Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)
    ground = np.zeros((420, 600))
    ground[20 : 20 + side, 310 : 310 + side] = np.asarray(large, float)
    noise = np.random.RandomState(0).uniform(-6, 6, ground.shape)
    seen = 230 - 0.8 * ground if light else 20 + 0.8 * ground
    return np.clip(seen + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("light", [True, False])
def test_a_picture_of_an_mnist_digit_becomes_that_digit_again(digits, light):
    found = [digit_images.convert(photograph(digit, light).astype(float)) for digit in digits]
    likenesses = [likeness(f, digit) for f, digit in zip(found, digits, strict=True)]
    assert np.mean(likenesses) > 0.9 and min(likenesses) > 0.7
    for axis in (0, 1):
        for by in (-1, 1):
            moved = [np.roll(f, by, axis) for f in found]
            assert np.mean(likenesses) > np.mean(
                [likeness(m, digit) for m, digit in zip(moved, digits, strict=True)]
            )


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    return np.corrcoef(one.ravel(), other.ravel())[0, 1]


def test_box_and_centre_of_mass():
    grey = np.zeros((300, 200))
    grey[30:230, 50:90] = 200  # five times as high as wide
    found = digit_images.convert(grey)
    assert found.dtype == np.uint8 and found.shape == (28, 28) and found.max() == 255
    rows, columns = np.flatnonzero(found.any(axis=1)), np.flatnonzero(found.any(axis=0))
    assert (rows[0], rows[-1], columns[0], columns[-1]) == (4, 23, 12, 15)
    triangle = np.tril(np.full((100, 100), 255.0))
    padded = np.pad(triangle, 20)
    found = digit_images.convert(padded).astype(float)
    for axis in (0, 1):
        mass = found.sum(axis=axis)
        assert abs((mass * np.arange(28)).sum() / mass.sum() - 14) <= 0.5


def test_dust_is_no_ink():
    grey = np.full((600, 600), 255.0)
    grey[200:400, 280:320] = 0
    grey[5, 5] = grey[590, 300] = 0
    found = digit_images.convert(grey)
    rows = np.flatnonzero(found.any(axis=1))
    assert (rows[0], rows[-1]) == (4, 23)


@pytest.mark.parametrize("shape", [(1000, 5), (7, 900), (141, 141), (1, 300), (283, 281)])
def test_pictures_of_any_proportions(shape):
    grey = np.zeros(shape)
    grey[shape[0] // 3 : shape[0] // 2 + 1, shape[1] // 3 : shape[1] // 2 + 1] = 255
    assert digit_images.convert(grey).max() == 255


def test_lines_of_one_pixel_survive():
    grey = np.full((400, 400), 255.0)
    grey[50:350, 200] = 0
    assert digit_images.convert(grey).any(axis=1).sum() == 20


@pytest.mark.parametrize("kind", ["L", "RGB", "RGBA", "P", "1", "LA", "I;16", "jpeg", "turned"])
def test_kinds_of_files(digits, tmp_path, kind):
    pixels = photograph(digits[3], light=True)
    expected = digit_images.convert(pixels.astype(float)).astype(int)
    image, path = Image.fromarray(pixels), tmp_path / "digit.png"
    if kind == "jpeg":
        path = tmp_path / "digit.jpg"
        image.save(path, quality=95)
    elif kind == "I;16":
        Image.fromarray(pixels.astype(np.uint16) * 257).save(path)
    elif kind == "turned":  # a camera held on its side says so in the EXIF data
        exif = Image.Exif()
        exif[0x0112] = 6
        path = tmp_path / "digit.jpg"
        image.rotate(90, expand=True).save(path, quality=95, exif=exif)
    else:
        image.convert(kind, dither=Image.Dither.NONE).save(path)
    found = digit_images.read(path).astype(int)
    assert np.abs(found - expected).mean() < (15 if kind == "1" else 4)


def test_transparent_background_is_paper(digits, tmp_path):
    ink = np.zeros((28, 28, 4), np.uint8)
    ink[..., 3] = digits[3]  # black, only as thick as it is drawn
    Image.fromarray(np.pad(ink, ((30, 10), (5, 40), (0, 0)))).save(tmp_path / "a.png")
    found = digit_images.read(tmp_path / "a.png").astype(int)
    assert np.corrcoef(found.ravel(), digits[3].ravel())[0, 1] > 0.95


def png(width: int, height: int, data: bytes = b"") -> bytes:
    """A grey PNG that claims these sizes, whatever it holds."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (b"", "is not a PNG or JPEG"),
        (b"seven", "is not a PNG or JPEG"),
        (b"GIF89a" + bytes(100), "is not a PNG or JPEG"),
        (png(20_000, 20_000), "too many pixels"),
        (png(9_000, 9_000), "9,000 × 9,000 pixels; at most 10,000 a side and 25,000,000"),
        (png(1, 20_000_000), "1 × 20,000,000 pixels; at most 10,000 a side"),
        (png(10_001, 1), "10,001 × 1 pixels; at most 10,000 a side"),
        (png(50, 50, bytes(100)), "cannot read"),
        (png(50, 50, bytes(51 * 50)), "shows no digit"),
        (png(50, 50, bytes(51 * 50))[:40], "cannot read|is not a PNG"),
        (None, "No such file"),
    ],
)
def test_what_is_no_picture_of_a_digit(tmp_path, contents, message):
    path = Path(tmp_path, "digit.png")
    if contents is not None:
        path.write_bytes(contents)
    with pytest.raises(DataError, match=message) as error:
        digit_images.read(path)
    assert "digit.png" in str(error.value) and "\n" not in str(error.value)


def test_a_folder_a_pipe_and_a_file_too_large(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe.png")
    for path in (tmp_path, tmp_path / "pipe.png"):
        with pytest.raises(DataError, match=f"cannot read {path}: it is not a file"):
            digit_images.read(path)
    (tmp_path / "a.png").write_bytes(bytes(100))
    monkeypatch.setattr(digit_images, "_MOST_BYTES", 99)
    with pytest.raises(DataError, match="is larger than"):
        digit_images.read(tmp_path / "a.png")
