"""The programs and commands of docs/export.md, as they are printed."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys

import numpy as np
import pytest

from helper.data import datasets
from helper.exporting import checking, formats, serving
from helper.files import PROJECT_ROOT
from scripts import export_run, serve_run
from tests import command_line, data_files, experiment_modules

TEXT = (PROJECT_ROOT / "docs" / "export.md").read_text()
PROGRAMS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
COMMANDS = [
    shlex.split(line)
    for block in re.findall(r"```bash\n(.*?)```", TEXT, re.DOTALL)
    for line in block.splitlines()
]


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """An export of a small network for 28 × 28 pixels, and the run's classes of blank images."""
    top = tmp_path_factory.mktemp("top")
    data_files.write_idx_set(top / "data", data_files.small_arrays(pixels=28))
    flags = ["--steps=20", "--batch_size=10", f"--logdir={top}", f"--data_dir={top / 'data'}"]
    with pytest.MonkeyPatch.context() as monkeypatch:
        data = datasets.load("mnist", str(top / "data"))
        assert experiment_modules.run(monkeypatch, data, "softmax", *flags) == 0
        # Whether the answers are right is what other tests are about.
        none = np.zeros(0, np.int64)
        trusted = checking.Checked(data.test.labels, none, 0.0, None)
        monkeypatch.setattr(checking, "check", lambda *_: trusted)
        run, every = command_line.only_run(top), f"--to={','.join(formats.NAMES)}"
        done = command_line.script(export_run.main, run, every, "--out", top / "export")
    assert done.code == 0, done.stderr
    return top / "export"


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS, ids=["saved_model", "tflite", "onnx", "frozen"])
def test_each_program_loads_a_network(exported, program):
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=exported, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"\[(\d) \1\]\n", done.stdout)


def test_programs_are_short():
    lines = [[line for line in program.splitlines() if line] for program in PROGRAMS]
    assert all("import" in program[0] and len(program) <= 7 for program in lines)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_commands_are_understood(words):
    scripts = {"export_run": export_run, "serve_run": serve_run}
    assert words[0] == "python"
    scripts[words[1].removeprefix("scripts/").removesuffix(".py")].parse(words[2:])


def test_the_serving_commands_are_those_that_are_printed(tmp_path):
    docker, curl = (line for line in TEXT.splitlines() if line.startswith(("docker ", "curl ")))
    made = serving.docker_command(tmp_path / "saved_model", "hidden_layer", 8501)
    assert docker.replace("/…/export", str(tmp_path)) == made
    made = serving.curl_command(tmp_path / "request.json", "hidden_layer", 8501)
    assert curl.replace("/…/export", str(tmp_path)) == made


@pytest.mark.parametrize("link", re.findall(r"\]\((?!http)([^)#]+)\)", TEXT))
def test_links_lead_somewhere(link):
    assert (PROJECT_ROOT / "docs" / link).exists()
