"""A whole command, from start to exit, compared with the limits on its cost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from helper.errors import LabError
from scripts.benchmarks.task import ROOT


@dataclass(frozen=True)
class Cost:
    """seconds: wall time of the command. training: the time that its record gives.

    memory: the peak resident set, in bytes. disk: all files of the run directory, in bytes.
    """

    seconds: float
    training: float
    memory: int
    disk: int

    def rows(self) -> list[list[str]]:
        """What was measured, the limit, and whether it holds."""
        allowed = 1.15 * self.training + 8
        checks = [
            ("training", f"{self.training:.1f} s", "", True),
            ("whole command", f"{self.seconds:.1f} s", f"{allowed:.1f} s (training + 15 % + 8 s)",
             self.seconds <= allowed),
            ("peak memory", f"{self.memory / 1e6:,.0f} MB", "1,200 MB", self.memory < 1.2e9),
            ("run directory", f"{self.disk / 1e6:.2f} MB", "5 MB", self.disk < 5e6),
        ]  # fmt: skip
        return [
            [name, value, aim and f"{aim} {'✓' if kept else '✗'}"]
            for name, value, aim, kept in checks
        ]


def measure(experiment: str, arguments: list[str]) -> Cost:
    """Run an experiment in a temporary log directory. Raises LabError if it fails."""
    script = ROOT / "experiments" / f"{experiment}.py"
    with tempfile.TemporaryDirectory() as logdir, tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, str(script), *arguments, f"--logdir={logdir}"],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        # Unlike Popen.wait, it reports the resources of this one child.
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            lines = output.read().decode(errors="replace").strip().splitlines()
            raise LabError(f"{script.name} failed: {lines[-1] if lines else 'no message'}")
        (record,) = Path(logdir).glob("*/*/run.json")
        files = [path for path in record.parent.rglob("*") if path.is_file()]
        return Cost(
            seconds=seconds,
            training=json.loads(record.read_text())["seconds"],
            memory=usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
            disk=sum(path.stat().st_size for path in files),
        )
