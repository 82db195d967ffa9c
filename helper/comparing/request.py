"""What `compare_runs.py` was asked, and the command that would ask it otherwise."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from helper.comparing.conditions import joined
from helper.files import PROJECT_ROOT

_SCRIPT = PROJECT_ROOT / "scripts" / "compare_runs.py"


@dataclass(frozen=True)
class Request:
    """The runs to choose from. logdir, patterns, where, confidence: as the command line's."""

    logdir: Path
    patterns: Sequence[str] = ()
    where: str = ""
    confidence: float = 0.95

    def verdict(self, sides: Sequence[str], where: str = "") -> str:
        """The command for a verdict between these sides. where: what must also hold."""
        words = []
        if condition := joined(self.where, where):
            words += ["--where", condition]
        if self.confidence != 0.95:
            words.append(f"--confidence={self.confidence!r}")
        return self.table(*words, "--verdict", *sides)

    def table(self, *words: str) -> str:
        """The command with other arguments. It works from any directory, and is short in the
        project's own."""
        script, logdir = str(_SCRIPT), os.path.abspath(self.logdir)
        if Path.cwd() == PROJECT_ROOT:
            script, logdir = os.path.relpath(script), str(self.logdir)
        place = [] if logdir == "logs" else [f"--logdir={logdir}"]
        return shlex.join(["python", script, *self.patterns, *place, *words])
