"""A real TensorBoard on a free port, asked over HTTP."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_PATIENCE = 60.0  # seconds for TensorBoard to start, and to notice what was written


class Server:
    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")

    def get(self, path: str, **parameters: str) -> Any:
        """A page below /data, as JSON: get("runs")."""
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"{self.address}/data/{path}?{query}") as response:
            return json.load(response)

    def post(self, path: str, content: Any) -> Any:
        request = urllib.request.Request(
            f"{self.address}/data/{path}",
            json.dumps(content).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as response:
            return json.load(response)

    def scalars(self, run: str, tag: str) -> list[tuple[int, float]]:
        """(step, value) of every point that TensorBoard shows."""
        points = self.get("plugin/scalars/scalars", run=run, tag=tag)
        return [(step, value) for _, step, value in points]

    def until(self, holds: Callable[[Server], bool]) -> None:
        """Wait until TensorBoard has read so much that this holds."""
        end = time.monotonic() + _PATIENCE
        while True:
            with contextlib.suppress(OSError):
                if holds(self):
                    return
            assert time.monotonic() < end, f"TensorBoard shows {self.get('runs')}"
            time.sleep(0.3)


@contextlib.contextmanager
def serving(logdir: Path, fast: bool = True) -> Iterator[Server]:
    """TensorBoard on a log directory; fast: its default loader, else the one in Python."""
    command = [sys.executable, "-m", "tensorboard.main", "--port=0", "--reload_interval=1"]
    command += [f"--logdir={logdir}", f"--load_fast={'true' if fast else 'false'}"]
    command += ["--samples_per_plugin=scalars=100000"]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        try:
            for line in process.stderr:
                if match := re.search(r"at (http://\S+)", line):
                    yield Server(match[1])
                    break
            else:
                raise AssertionError("TensorBoard did not start")
        finally:
            process.kill()
