from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.made_runs import make_run

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "diff_runs.py"


def diff(logdir, *arguments):
    return subprocess.run(
        [sys.executable, SCRIPT, "--logdir", logdir, *arguments], capture_output=True, text=True
    )


@pytest.fixture
def logs(tmp_path):
    make_run(tmp_path / "softmax" / "0001")
    make_run(tmp_path / "softmax" / "0002")
    make_run(tmp_path / "softmax" / "0003", learning_rate=0.5)
    return tmp_path


def test_difference(logs):
    done = diff(logs, "softmax/0001", "softmax/0003")
    assert re.search("learning_rate +0.1 +0.5", done.stdout)
    assert done.stderr == ""


def test_no_difference(logs):
    assert "no difference" in diff(logs, "softmax/0001", "softmax/0002").stdout
    assert (
        "no difference" in diff(logs, "softmax/0001", "softmax/0003", "--only", "graph,data").stdout
    )


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["softmax/0001", "softmax/0009"], "matches no run"),
        (["softmax", "softmax/0001"], "matches 3 runs"),
        (["softmax/0001"], "required: B"),
        (["softmax/0001", "softmax/0002", "--only", "weights"], "unknown section 'weights'"),
    ],
)
def test_a_mistake_is_one_line(logs, arguments, message):
    done = diff(logs, *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
    assert message in done.stderr
