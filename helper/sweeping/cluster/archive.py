"""A run directory as bytes that travel between machines."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import shutil
import stat
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from helper.errors import LabError
from helper.files import PARTIAL, sync
from helper.loading import Damaged

MOST_BYTES = 1 << 30
_MOST_FILES = 10_000
_MOST_DEPTH = 8
_MOST_PADDING = 1 << 16


def pack(run: Path) -> bytes:
    """The files of a run directory as a compressed archive. Raises LabError if it is too large."""
    content = io.BytesIO()
    total = 0
    with tarfile.open(fileobj=content, mode="w:gz", compresslevel=1) as archive:
        for path in sorted(run.rglob("*")):
            found = path.lstat()
            if not stat.S_ISREG(found.st_mode) or path.name.startswith(PARTIAL):
                continue
            total += found.st_size
            if total > MOST_BYTES:
                raise LabError(
                    f"{run} is larger than {MOST_BYTES >> 20:,} MiB, which is the most that "
                    "travels; use a log directory that the workers share"
                )
            archive.add(path, path.relative_to(run).as_posix(), recursive=False)
    return content.getvalue()


def unpack(content: bytes, into: Path) -> None:
    """Write the files of an archive into an empty directory, and wait until they are on the disk.

    An archive comes from another machine: anything in it but regular files with plain relative
    names, and too much of it, raises Damaged. Raises OSError if it cannot be written.
    """
    made = {into}
    with (
        _reading(),
        gzip.open(io.BytesIO(content)) as plain,
        tarfile.open(fileobj=plain, mode="r|") as archive,
    ):
        total = 0
        for number, member in enumerate(archive):
            total += member.size
            if number >= _MOST_FILES or not 0 <= total <= MOST_BYTES:
                raise Damaged("holds more than a run can")
            target = into / _checked(member)
            target.parent.mkdir(parents=True, exist_ok=True)
            made |= {parent for parent in target.parents if parent.is_relative_to(into)}
            source = archive.extractfile(member)
            assert source is not None
            with open(target, "xb") as file:
                shutil.copyfileobj(source, file)
                file.flush()
                os.fsync(file.fileno())
        # The checksum comes last: only with it is the archive known to be whole.
        if len(plain.read(_MOST_PADDING)) == _MOST_PADDING:
            raise Damaged("holds more than a run")
    for directory in made:
        sync(directory)


def _checked(member: tarfile.TarInfo) -> PurePosixPath:
    name = PurePosixPath(member.name)
    plain = member.name.isprintable() and not name.is_absolute() and ".." not in name.parts
    if not member.isreg() or member.issparse() or not plain or not name.parts:
        raise Damaged(f"holds {member.name!r}, which is not a plain file of a run")
    if len(name.parts) > _MOST_DEPTH or max(map(len, map(os.fsencode, name.parts))) > 255:
        raise Damaged("holds a name that is too long")
    return name


@contextlib.contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except (
        tarfile.TarError,
        gzip.BadGzipFile,
        zlib.error,
        EOFError,
        FileExistsError,
        ValueError,
    ) as error:
        raise Damaged(f"is not an archive of a run: {error}") from None
    except (NotADirectoryError, IsADirectoryError):
        raise Damaged("holds a file below a file") from None
