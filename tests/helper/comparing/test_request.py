"""The commands that messages name."""

from __future__ import annotations

import shlex
from pathlib import Path

from helper.comparing.request import Request
from helper.files import PROJECT_ROOT


def test_short_in_the_project(monkeypatch):
    monkeypatch.chdir(PROJECT_ROOT)
    assert Request(Path("logs")).table("--group_by=-seed") == (
        "python scripts/compare_runs.py --group_by=-seed"
    )
    request = Request(Path("my logs"), ["softmax"], "seed=1 or seed=2", 0.99)
    assert shlex.split(request.verdict(["a=1", "a=2"], "steps=5")) == [
        "python",
        "scripts/compare_runs.py",
        "softmax",
        "--logdir=my logs",
        "--where",
        "(seed=1 or seed=2) and steps=5",
        "--confidence=0.99",
        "--verdict",
        "a=1",
        "a=2",
    ]


def test_whole_paths_elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = shlex.split(Request(Path("logs")).verdict(["a", "b"]))
    assert words[1:3] == [
        str(PROJECT_ROOT / "scripts" / "compare_runs.py"),
        f"--logdir={tmp_path / 'logs'}",
    ]
