"""The wheel has all of ``helper``, with its data, and nothing else."""

from __future__ import annotations

import configparser
import email
import email.message
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from helper.files import PROJECT_ROOT

PARTS = ("report.html", "report.css", "report.js", "report_charts.js")
DATA = {f"helper/comparing/{name}" for name in PARTS}
PAGE = "helper/board/static/"  # the tab in TensorBoard


def tracked() -> list[str]:
    """The files of the project that git knows, as paths from its root."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT_ROOT, capture_output=True)
    if done.returncode:
        pytest.skip("the project is not a git checkout")
    return [name for name in done.stdout.decode().split("\0") if (PROJECT_ROOT / name).is_file()]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of the tracked files, unpacked. It is built without the network and without pip."""
    source = tmp_path_factory.mktemp("source")
    for name in tracked():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT_ROOT / name, source / name)
    built = tmp_path_factory.mktemp("built")
    build = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", build, str(built)],
        cwd=source,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert not done.returncode, done.stderr
    (file,) = built.glob("*.whl")
    assert file.name.endswith("-py3-none-any.whl")
    unpacked = tmp_path_factory.mktemp("unpacked")
    zipfile.ZipFile(file).extractall(unpacked)
    return unpacked


def metadata(wheel: Path) -> email.message.Message:
    (file,) = wheel.glob("*.dist-info/METADATA")
    return email.message_from_string(file.read_text())


def test_all_of_helper_and_nothing_else(wheel: Path) -> None:
    found = {str(p.relative_to(wheel)) for p in wheel.rglob("*") if p.is_file()}
    metadata_files = {name for name in found if PurePosixPath(name).parts[0].endswith(".dist-info")}
    expected = {name for name in tracked() if name.startswith("helper/")}
    page = {name for name in expected if name.startswith(PAGE)}
    assert f"{PAGE}index.js" in page and f"{PAGE}style.css" in page
    assert {name for name in expected if not name.endswith(".py")} == DATA | page
    assert found - metadata_files == expected
    assert any(name.endswith("LICENSE") for name in metadata_files)


def test_tensorboard_finds_the_tab(wheel: Path) -> None:
    (file,) = wheel.glob("*.dist-info/entry_points.txt")
    points = configparser.ConfigParser()
    points.read(file)
    assert dict(points["tensorboard_plugins"]) == {
        "graph_lab": "helper.board.loader:GraphLabLoader"
    }


def test_metadata_names_what_setup_cfg_does(wheel: Path) -> None:
    config = configparser.ConfigParser(interpolation=configparser.Interpolation())
    config.read(PROJECT_ROOT / "setup.cfg")
    wanted = config["options"]["install_requires"].splitlines()
    stated = metadata(wheel).get_all("Requires-Dist") or []
    assert {Requirement(line) for line in stated if "extra ==" not in line} == {
        Requirement(line) for line in wanted if line
    }
    extras = metadata(wheel).get_all("Provides-Extra") or []
    assert set(extras) == set(config["options.extras_require"])
    python = SpecifierSet(config["options"]["python_requires"])
    assert SpecifierSet(metadata(wheel)["Requires-Python"]) == python


def test_starts_without_the_checkout_and_without_tensorflow(wheel: Path, tmp_path: Path) -> None:
    code = (
        "import sys, helper; from helper import cli, flag_types, training;"
        "assert training.__name__ == 'helper.training';"
        "assert 'tensorflow' not in sys.modules;"
        "print(helper.__file__, cli.__file__, helper.__version__, sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(wheel)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert not done.returncode, done.stderr
    face, cli, version = done.stdout.splitlines()
    assert Path(face) == wheel / "helper/__init__.py"
    assert Path(cli) == wheel / "helper/training/cli.py"
    assert version == metadata(wheel)["Version"]
