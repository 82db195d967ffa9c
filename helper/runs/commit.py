"""Which version of the project a run was made with."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from helper.files import PROJECT_ROOT


class Commit(NamedTuple):
    """name: the project's commit, with ``+changes`` if files differ from it; None outside of git.

    changed_files: the tracked files that differ from it, and the program that is running if git
    does not know it, by their paths in the project.
    """

    name: str | None
    changed_files: list[str]


def commit() -> Commit:
    """The version that this process runs."""

    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(PROJECT_ROOT), *arguments], capture_output=True, text=True, timeout=10
        )
        done.check_returncode()
        return done.stdout

    try:
        if Path(git("rev-parse", "--show-toplevel").strip()).resolve() != PROJECT_ROOT:
            return Commit(None, [])
        head = git("rev-parse", "HEAD").strip()
        changed = git("diff", "--name-only", "-z", "HEAD").split("\0")
        program = Path(sys.argv[0]).resolve()
        if program.is_relative_to(PROJECT_ROOT):
            changed += git(
                "ls-files", "--others", "--exclude-standard", "-z", "--", str(program)
            ).split("\0")
    except (OSError, subprocess.SubprocessError):
        return Commit(None, [])
    files = [name for name in changed if name]
    return Commit(head + "+changes" * bool(files), files)
