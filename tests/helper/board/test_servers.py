"""Real TensorBoards, started as people start them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from helper.board.loader import GraphLabLoader
from tests.made_runs import make_run
from tests.tensorboard_server import Server, serving

ENTRY = "[tensorboard_plugins]\n{name} = {value}\n"
BOARD = f"{GraphLabLoader.__module__}:{GraphLabLoader.__qualname__}"


@pytest.fixture
def logdir(tmp_path: Path) -> Path:
    make_run(tmp_path / "logs/softmax/0001", 0.9, {0: 0.1, 100: 0.9})
    return tmp_path / "logs"


def install(monkeypatch: pytest.MonkeyPatch, place: Path, **plugins: str) -> None:
    """Entry points as pip leaves them, for the processes that are started now."""
    for name, value in plugins.items():
        info = place / f"{name}-1.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        (info / "entry_points.txt").write_text(ENTRY.format(name=name, value=value))
    root = Path(__file__).resolve().parents[3]
    old = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(place), str(root), old])))


def installed() -> bool:
    """Whether the project is installed here, so that TensorBoard finds its entry point."""
    from importlib.metadata import entry_points

    return any(point.value == BOARD for point in entry_points(group="tensorboard_plugins"))


@pytest.mark.slow
@pytest.mark.parametrize("fast", [True, False])
def test_both_loaders(logdir, tmp_path, monkeypatch, fast) -> None:
    if not installed():
        install(monkeypatch, tmp_path / "installed", graph_lab_board=BOARD)
    with serving(logdir, fast) as server:
        check(server)


def check(server: Server) -> None:
    assert server.get("plugins_listing")["graph_lab"]["enabled"]
    assert [run["name"] for run in server.get("plugin/graph_lab/runs")["runs"]] == ["softmax/0001"]
    asked = {"runs": ["softmax/0001"], "tags": ["accuracy"]}
    (curve,) = server.post("plugin/graph_lab/curves", asked)["curves"]
    assert curve["step"] == [0, 100]


@pytest.mark.slow
@pytest.mark.parametrize(
    "broken", ["raise RuntimeError('broken')", "import a_package_that_is_not_there"]
)
def test_a_broken_tab_leaves_tensorboard_alive(logdir, tmp_path, monkeypatch, broken) -> None:
    """Whatever the views are like: the package is put in the way, its loader as it is."""
    package = tmp_path / "installed/broken_board"
    package.mkdir(parents=True)
    source = Path(sys.modules[GraphLabLoader.__module__].__file__ or "").read_text()
    (package / "__init__.py").touch()
    (package / "plugin.py").write_text(f"{broken}\n")
    (package / "loader.py").write_text(source.replace("helper.board.plugin", "broken_board.plugin"))
    install(monkeypatch, tmp_path / "installed", broken="broken_board.loader:GraphLabLoader")
    with serving(logdir, fast=False) as server:
        assert "scalars" in server.get("plugins_listing")
