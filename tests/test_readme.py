"""What the README says works."""

from __future__ import annotations

import argparse
import importlib
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from helper.runs import record
from tests import experiment_modules

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
COMMANDS = [
    line.split("#")[0].strip()
    for block in re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if line.strip()
]


def test_opens_with_the_two_commands() -> None:
    assert COMMANDS[:2] == ["scripts/quickstart", "scripts/test"]


def test_ci_runs_the_test_command() -> None:
    assert (ROOT / ".ci/run").read_text().splitlines()[-1] == f"exec {COMMANDS[1]}"


@pytest.mark.parametrize("command", [c for c in COMMANDS if not c.startswith(("source", "pip"))])
def test_names_only_files_that_are_there(command: str) -> None:
    files = [w for w in command.split() if w.startswith(("scripts/", "experiments/"))]
    assert files or command.split()[0] == "tensorboard"
    assert all((ROOT / file).exists() for file in files)


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("python experiments/")])
def test_experiments_know_their_flags(command: str) -> None:
    words = shlex.split(command)
    # absl adds --help only where a program is started.
    experiment_modules.load(Path(words[1]).stem, *(word for word in words[2:] if word != "--help"))


class Parsed(Exception):
    """The arguments were understood; what they ask for is not done."""


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("python scripts/")])
def test_scripts_know_their_flags(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop_after(original: Callable[..., object]) -> Callable[..., None]:
        def parse(*arguments: object) -> None:
            raise Parsed(original(*arguments))

        return parse

    _, script, *words = shlex.split(command)
    module = importlib.import_module(f"scripts.{Path(script).stem}")
    # A sweep leaves the flags of the experiment to the experiment.
    sweep = script.endswith("sweep.py")
    for name in ["parse_known_args"] if sweep else ["parse_args", "parse_intermixed_args"]:
        original = getattr(argparse.ArgumentParser, name)
        monkeypatch.setattr(argparse.ArgumentParser, name, stop_after(original))
    with pytest.raises(Parsed):
        module.main(words)


@pytest.mark.parametrize("link", re.findall(r"\]\((?!http)([^)#]+)\)", README))
def test_links_lead_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


def test_its_experiment_learns(tmp_path: Path) -> None:
    match = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert match
    program = tmp_path / "two_layers.py"
    program.write_text(match[1])
    done = subprocess.run(
        [sys.executable, program, "--dataset=mnist_5k", "--steps=300", "--eval_every=100"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    accuracies = [float(value) for value in re.findall(r"test-acc: ([\d.]+)", done.stdout)]
    assert len(accuracies) == 4
    assert accuracies[0] < 0.3 < 0.6 < accuracies[-1]
    assert "Total params: 89,610" in done.stdout


def test_its_loop_is_recorded(tmp_path: Path) -> None:
    _, loop = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", loop],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert record.load(tmp_path / "logs" / "my_loop" / "0001").final["test/accuracy"] == 0.9
