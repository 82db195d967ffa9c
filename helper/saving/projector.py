"""What TensorBoard's PROJECTOR page shows of a run: points with labels and thumbnails.

The page finds ``projector_config.pbtxt`` in the directory of any run that it lists. The files that
it names lie beside it, in a directory of their own for each time that they are written, so that
the new config takes the place of the old one in one step, and always names files that fit together.
"""

from __future__ import annotations

import contextlib
import fcntl
import math
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from google.protobuf import text_format
from tensorboard.plugins.projector.metadata import PROJECTOR_FILENAME
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

from helper.errors import LabError, reason
from helper.files import replace_atomically, sync, write_atomically

DIRECTORY = "projector"
_FEWEST_FEATURES = 3  # the page shows nothing of points with one or two
# The page puts the name into an address as it is.
_UNFIT = re.compile(r"[^\w ,./-]", re.ASCII)


class Points(NamedTuple):
    """n points. name: what is shown of them. values: [n, features], finite. columns: of n values
    each, by their names. sprite: a PNG of thumbnails, row by row, of ``thumbnail`` (width, height)
    pixels each."""

    name: str
    values: np.ndarray
    columns: Mapping[str, Sequence[object]]
    sprite: bytes
    thumbnail: tuple[int, int]


def write(entry: Path, points: Points) -> int:
    """Let TensorBoard show these points of a run instead of those before; returns their bytes.

    entry: the directory of the run's that has event files of evaluations.

    Raises LabError, and leaves what was there, if they cannot be written.
    """
    try:
        if entry.is_symlink():
            raise LabError(f"{entry} is a link, through which nothing is written")
        with _held(entry / DIRECTORY) as directory:
            return _replace(entry, directory, points)
    except OSError as error:
        raise LabError(f"cannot write to {entry / DIRECTORY}: {reason(error)}") from None


def _replace(entry: Path, directory: Path, points: Points) -> int:
    lacking = max(0, _FEWEST_FEATURES - points.values.shape[1])
    points = points._replace(values=np.pad(points.values, ((0, 0), (0, lacking))))
    before = [path for path in directory.iterdir() if path.name.isdecimal()]
    new = directory / f"{max((int(path.name) for path in before), default=0) + 1:04d}"
    new.mkdir()
    try:
        replace_atomically(new / "tensor.tsv", lambda file: write_values(file, points.values))
        write_atomically(new / "metadata.tsv", _table(points.columns))
        replace_atomically(new / "sprite.png", lambda file: file.write(points.sprite))
        sync(directory)
        size = sum(path.stat().st_size for path in new.iterdir())
        write_atomically(entry / PROJECTOR_FILENAME, _config(new.relative_to(entry), points))
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    for path in before:
        shutil.rmtree(path, ignore_errors=True)
    return size


@contextlib.contextmanager
def _held(directory: Path) -> Iterator[Path]:
    """The directory, made if need be, locked against others who would write to it, and removed if
    nothing is written. Raises LabError if another process has it, OSError if it is a link."""
    directory.mkdir(exist_ok=True)
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LabError(f"another process is writing to {directory}; wait for it") from None
        try:
            yield directory
        finally:
            with contextlib.suppress(OSError):
                directory.rmdir()  # fails unless it is empty
    finally:
        os.close(handle)


def write_values(file: BinaryIO, values: np.ndarray) -> None:
    """Write [n, features] as n lines of numbers with tabs between, to about 1/1,000 of the largest,
    so that an activation takes some five bytes.

    The plugin also reads the bytes of float32, but only after it has failed to read them as text,
    and how it fails depends on the values.
    """
    largest = float(np.abs(values).max(initial=0))
    decimals = 3 - round(math.log10(largest)) if largest else 0
    for row in np.round(values.astype(np.float64), decimals).tolist():
        file.write("\t".join(map(_short, row)).encode() + b"\n")


def _short(value: float) -> str:
    """A number of at most six digits, without a zero before the point."""
    text = f"{value:g}"
    if text.startswith(("0.", "-0.")):
        return text.replace("0.", ".", 1)
    return text if value else "0"  # which may have a sign


def _table(columns: Mapping[str, Sequence[object]]) -> str:
    """Lines of cells with tabs between. A single column would have no head, says the plugin."""
    rows = [columns.keys(), *zip(*columns.values(), strict=True)]
    return "".join("\t".join(map(str, row)) + "\n" for row in rows)


def _config(directory: Path, points: Points) -> str:
    config = ProjectorConfig()
    embedding = config.embeddings.add(
        tensor_name=_UNFIT.sub("_", points.name),
        tensor_shape=points.values.shape,
        tensor_path=f"{directory / 'tensor.tsv'}",
        metadata_path=f"{directory / 'metadata.tsv'}",
    )
    embedding.sprite.image_path = f"{directory / 'sprite.png'}"
    embedding.sprite.single_image_dim.extend(points.thumbnail)
    return text_format.MessageToString(config)
