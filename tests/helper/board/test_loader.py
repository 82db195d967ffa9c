"""What TensorBoard imports at its start can do it no harm."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

from helper.board import loader


def test_imports_almost_nothing() -> None:
    source = ast.parse(Path(loader.__file__).read_text())
    at_once = [n for n in source.body if isinstance(n, (ast.Import, ast.ImportFrom))]
    assert {ast.unparse(node) for node in at_once} == {
        "from __future__ import annotations",
        "import logging",
        "from tensorboard.plugins import base_plugin",
    }


def test_imports_no_tensorflow_and_no_view() -> None:
    code = (
        "import sys; from helper.board.loader import GraphLabLoader; from types import "
        "SimpleNamespace as N; plugin = GraphLabLoader().load(N(logdir='logs')); "
        "assert plugin.get_plugin_apps(); "
        "print([m for m in ('tensorflow', 'scipy', 'helper.board.routes') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_a_broken_plugin_is_left_out(monkeypatch, caplog) -> None:
    monkeypatch.setitem(sys.modules, "helper.board.plugin", None)
    assert loader.GraphLabLoader().load(SimpleNamespace(logdir="logs")) is None
    (line,) = caplog.messages
    assert line.startswith("no tab Graph Lab: ModuleNotFoundError") and "\n" not in line
