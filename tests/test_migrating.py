"""The six steps of docs/migrating.md: each diff is applied to the result of the last, and runs."""

from __future__ import annotations

import multiprocessing
import os
import re
import runpy
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helper.data import mnist_5k
from helper.files import PROJECT_ROOT
from helper.runs import record
from tests import command_line

TEXT = (PROJECT_ROOT / "docs" / "migrating.md").read_text()
(SCRIPT,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
DIFFS = re.findall(r"```diff\n--- a/mine.py\n\+\+\+ b/mine.py\n(.*?)```", TEXT, re.DOTALL)
RUN_V1 = PROJECT_ROOT / "scripts" / "run_v1.py"
FORKS = multiprocessing.get_context("forkserver")


def apply(diff: str, text: str) -> str:
    """The changed text. What a hunk has besides its new lines must be there once, in order."""
    for hunk in re.split(r"^@@ .*@@\n", diff, flags=re.MULTILINE)[1:]:
        lines = hunk.splitlines()
        before = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("+"))
        after = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("-"))
        assert text.count(before) == 1, f"docs/migrating.md does not fit:\n{before}"
        text = text.replace(before, after)
    return text


def after(steps: int) -> str:
    """The program after so many steps."""
    text = SCRIPT
    for diff in DIFFS[:steps]:
        text = apply(diff, text)
    return text


def run_program(folder: str, arguments: list[str], results: Any) -> None:
    """``python mine.py …`` in a fresh process, in that folder; its output goes to a file."""
    os.chdir(folder)
    sys.argv = ["mine.py", *arguments]
    sys.path.insert(0, folder)
    with open("output", "w") as sys.stdout:
        try:
            runpy.run_path("mine.py", run_name="__main__")
            results.put("")
        except SystemExit as end:
            results.put(f"exit {end.code}" if end.code else "")
        except BaseException:
            results.put(traceback.format_exc())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the program is, with digits beside it."""
    arrays = mnist_5k.arrays()
    names = ("x_train", "y_train", "x_test", "y_test")
    np.savez(tmp_path / "mnist.npz", **dict(zip(names, arrays, strict=True)))
    return tmp_path


def run(folder: Path, steps: int, *arguments: str) -> str:
    """What the program prints after so many steps of the migration."""
    (folder / "mine.py").write_text(after(steps))
    FORKS.set_forkserver_preload(["tensorflow.compat.v1"])
    results = FORKS.Queue()
    process = FORKS.Process(target=run_program, args=(str(folder), list(arguments), results))
    process.start()
    failure = results.get(timeout=200)
    process.join()
    assert not failure, failure
    return (folder / "output").read_text()


def test_there_are_six_steps_and_each_fits() -> None:
    assert len(DIFFS) == 6 == len(re.findall(r"^## \d\. ", TEXT, re.MULTILINE))
    assert len(after(6).splitlines()) <= len(SCRIPT.splitlines())
    for steps in range(7):
        compile(after(steps), "mine.py", "exec")


@pytest.mark.slow
def test_the_first_four_steps_keep_its_loop(folder: Path) -> None:
    printed = [run(folder, steps) for steps in range(1, 5)]
    found = [re.findall(r"step (\d+) accuracy ([\d.]+)", text) for text in printed]
    assert all([step for step, _ in each] == ["500", "1000", "1500", "2000"] for each in found)
    assert all(float(each[-1][1]) > 0.85 for each in found)
    assert found[2] == found[3]  # "the same numbers as before, to the last digit"
    for number in (1, 2):
        made = record.load(folder / f"logs/mine/000{number}")
        assert made.origin == "recorder" and made.flags["learning_rate"] == 0.1
        assert made.final["test/accuracy"] == pytest.approx(float(found[2][-1][1]), abs=1e-6)


@pytest.mark.slow
def test_the_last_two_are_experiments(folder: Path) -> None:
    flags = ("--data_dir=.", "--eval_every=500")
    run(folder, 5, *flags)
    run(folder, 6, *flags)
    run(folder, 6, *flags, "--l2=0.1", "--steps=500")
    run(folder, 6, "--resume=3", "--steps=600")
    fifth, sixth, penalized = (record.load(path) for path in command_line.runs(folder / "logs"))
    assert fifth.final == pytest.approx(sixth.final)
    assert fifth.final["test/accuracy"] > 0.88
    assert (penalized.step, penalized.flags["l2"]) == (600, 0.1)
    assert penalized.final["test/loss"] > sixth.final["test/loss"]


@pytest.mark.slow
@pytest.mark.skipif(not RUN_V1.exists(), reason="scripts/run_v1.py is not there")
def test_the_script_runs_unchanged(folder: Path) -> None:
    (folder / "mine.py").write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, str(RUN_V1), "mine.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    assert "step 2000 accuracy" in done.stdout
