"""Two warmed-up processes, without and with TensorFlow, and a directory of runs for each case."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests import command_server, data_files
from tests.command_server import CommandServer
from tests.hostile.place import BAD, GOOD, OTHER
from tests.made_runs import make_run

SCRIPTS = [
    f"helper.comparing.{name}" for name in ("aggregate", "plots", "report_html", "significance")
]
SCRIPTS += ["helper.sweeping.sweep", "helper.data.cache", "helper.runs.cleaning", "helper.tables"]


@pytest.fixture(scope="session")
def _outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("outputs")


@pytest.fixture(scope="session")
def server(_outputs: Path) -> Iterator[CommandServer]:
    """For scripts that need no TensorFlow."""
    (_outputs / "scripts").mkdir()
    with command_server.serving(_outputs / "scripts", *SCRIPTS) as started:
        yield started


@pytest.fixture(scope="session")
def tensorflow_server(_outputs: Path) -> Iterator[CommandServer]:
    """For experiments and for what computes with a network."""
    (_outputs / "experiments").mkdir()
    modules = ["helper.training.cli", "helper.training.run", "helper.data.digit_images"]
    modules += ["helper.saving.network"]
    with command_server.serving(_outputs / "experiments", *modules) as started:
        yield started


@pytest.fixture(autouse=True)
def no_traceback(_outputs: Path) -> Iterator[None]:
    """Whatever a command says and a test overlooks: no output has a traceback in it."""
    before = set(_outputs.glob("*/*"))
    yield
    for path in set(_outputs.glob("*/*")) - before:
        assert b"Traceback" not in path.read_bytes(), path.read_text(errors="replace")


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template") / "work"
    label = np.arange(40) % 10
    predicted = np.where(np.arange(40) % 7 == 0, 0, label)
    for number, name in enumerate((BAD, GOOD, OTHER, "logs/softmax/0900-seed=3")):
        curve = {0: 0.1, 50: 0.6, 100: 0.9}
        make_run(folder / name, 0.9, curve, predicted, label, seed=number)
    data_files.write_idx_set(folder / "data", data_files.small_arrays(60, 20))
    return folder


@pytest.fixture
def folder(_template: Path, tmp_path: Path) -> Path:
    """A working directory with three runs in logs/ and a small data set in data/."""
    place = tmp_path / "work"
    shutil.copytree(_template, place, symlinks=True)
    return place


@pytest.fixture(scope="session")
def _trained(tensorflow_server: CommandServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained") / "work"
    data_files.write_idx_set(folder / "data", data_files.small_arrays(60, 20, pixels=28))
    flags = "--data_dir=data --steps=6 --eval_every=2 --log_every=2 --batch_size=10 --run_name=x"
    for _ in range(2):
        done = tensorflow_server.run(["experiments/softmax.py", *flags.split()], folder)
        assert done.code == 0, done.stderr
    return folder


@pytest.fixture
def trained(_trained: Path, tmp_path: Path) -> Path:
    """A working directory with two runs that were trained for 6 steps, and their data."""
    place = tmp_path / "work"
    shutil.copytree(_trained, place, symlinks=True)
    return place
