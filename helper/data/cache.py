"""The cache of data sets on this machine: uncompressed IDX files, verified at every read."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np

from helper.data import idx, sources
from helper.data.registry import Entry, IdxFile
from helper.errors import DataError


def cache_dir() -> Path:
    """Where data sets are kept: $GRAPH_LAB_CACHE, else a folder among the user's caches."""
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


def load(name: str, entry: Entry) -> list[np.ndarray]:
    """The arrays (uint8) of the files of a data set, in their order, each of them verified.

    Files that the cache lacks, or has damaged, are fetched and put into it. Raises DataError if no
    source delivers them or the cache cannot be written to.
    """
    directory = cache_dir() / name
    arrays = {file: _cached(directory / file.name, file) for file in entry.files}
    missing = [file for file, array in arrays.items() if array is None]
    if missing:
        try:
            directory.mkdir(parents=True, exist_ok=True)
            sources.fetch(name, entry, missing, directory)
        except OSError as error:
            raise DataError(
                f"cannot write to the cache {directory}: {sources.reason(error)}; "
                "set GRAPH_LAB_CACHE to a folder that can be written to"
            ) from None
    return [
        idx.read(directory / file.name, file.axes) if array is None else array
        for file, array in arrays.items()
    ]


def _cached(path: Path, file: IdxFile) -> np.ndarray | None:
    """The verified array; None if the file is absent, or damaged, which is reported."""
    if not os.path.lexists(path):
        return None
    if not path.is_file():
        raise DataError(f"{path} is not a file; remove it to have the data fetched")
    try:
        array = idx.read(path, file.axes)
        if idx.sha256(array) == file.sha256:
            return array
        problem = f"{path} has the wrong SHA-256"
    except DataError as error:
        problem = str(error)
    print(f"warning: {problem}; it will be fetched again", file=sys.stderr)
    return None
