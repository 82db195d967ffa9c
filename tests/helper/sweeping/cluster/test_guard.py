"""A command whose owner dies is interrupted, once, and can still end in order."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from helper.sweeping.cluster import guard

COMMAND = """
import pathlib, signal, sys, time
signals = []
signal.signal(signal.SIGINT, lambda *_: signals.append(1))
print("ready", flush=True)
end = time.monotonic() + 30
while not signals and time.monotonic() < end:
    time.sleep(0.01)
time.sleep(0.5)
print("saved " * 50_000, flush=True)
pathlib.Path(sys.argv[1]).write_text(f"{len(signals)}")
sys.exit(7)
"""


@pytest.fixture
def started(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-IS", guard.__file__, sys.executable, "-c", COMMAND, tmp_path / "end"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout.readline() == b"ready\n"
    yield process
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()


def test_it_is_interrupted_once(started, tmp_path: Path):
    for _ in range(2):
        started.stdin.write(b"i")
        started.stdin.flush()
        time.sleep(0.1)  # two signals at once are one
    assert started.stdout.read().startswith(b"saved") and started.wait(30) == 7
    assert (tmp_path / "end").read_text() == "1"


def test_it_saves_after_its_owner_is_gone(started, tmp_path: Path):
    started.stdin.close()
    started.stdout.close()
    assert started.wait(30) == 7
    assert (tmp_path / "end").read_text() == "1"


def test_it_is_killed(started, tmp_path: Path):
    started.stdin.write(b"k")
    started.stdin.flush()
    assert started.wait(30) == 128 + 9
    assert not (tmp_path / "end").exists()
