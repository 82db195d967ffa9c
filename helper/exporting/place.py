"""Where an export is, and how it gets there: as a whole, or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from helper.errors import LabError, UsageError, reason
from helper.exporting.metadata import FILE, VERSION
from helper.files import PARTIAL
from helper.loading import Damaged, load_json
from helper.runs import log_directory


def default(run_directory: Path, best: bool) -> Path:
    """The directory of a run's export: one for the last checkpoint, another for the best."""
    return run_directory / ("export_best" if best else "export")


def read(target: Path) -> dict[str, Any]:
    """What an export says of itself. Raises Damaged if it is none."""
    if target.is_symlink():
        raise Damaged("is a link")
    content = load_json(target / FILE)
    whole = isinstance(content, dict) and isinstance(content.get("formats"), dict)
    if not whole or content.get("export_version") != VERSION:
        raise Damaged("does not have the expected form")
    return content


def check(target: Path, replace: bool) -> None:
    """Raise UsageError or LabError where no export can be put. Nothing is written."""
    if not target.parent.is_dir():
        raise UsageError(f"there is no directory {target.parent} for the export")
    if os.path.lexists(target):
        try:
            read(target)
        except Damaged:
            raise UsageError(
                f"{target} exists and is not an export, so it is left alone; choose another place "
                "with --out"
            ) from None
        if not replace:
            raise UsageError(f"{target} exists; give --replace to replace it, or another --out")
    try:
        log_directory.check_writable(target.parent.absolute())
    except OSError as error:
        raise LabError(f"cannot write to {target.parent}: {reason(error)}") from None


@contextlib.contextmanager
def made_whole(target: Path, replace: bool) -> Iterator[Path]:
    """A new directory beside the target, which takes its place if the body does not raise.

    Otherwise nothing of it is left. Raises UsageError or LabError as ``check`` does, and OSError.
    """
    check(target, replace)
    folder, old = (target.parent / f"{PARTIAL}export-{secrets.token_hex(4)}" for _ in range(2))
    try:
        folder.mkdir()
        yield folder
        check(target, replace)  # it may have appeared in the meantime
        if os.path.lexists(target):
            target.rename(old)
        try:
            folder.rename(target)
        except BaseException:
            if old.exists():
                old.rename(target)
            raise
    finally:
        for left in (folder, old):
            shutil.rmtree(left, ignore_errors=True)


def size(path: Path) -> int:
    """The bytes of a file, or of all files in a directory."""
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
