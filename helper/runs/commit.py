"""Which version of the project a run was made with."""

from __future__ import annotations

import subprocess
from pathlib import Path

from helper.files import PROJECT_ROOT


def commit() -> str | None:
    """The project's commit, with ``+changes`` if files differ from it; None outside of git."""

    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(PROJECT_ROOT), *arguments], capture_output=True, text=True, timeout=10
        )
        done.check_returncode()
        return done.stdout.strip()

    try:
        if Path(git("rev-parse", "--show-toplevel")).resolve() != PROJECT_ROOT:
            return None
        return git("rev-parse", "HEAD") + ("+changes" if git("status", "--porcelain") else "")
    except (OSError, subprocess.SubprocessError):
        return None
