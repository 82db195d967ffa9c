from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from helper.files import PROJECT_ROOT
from helper.sweeping import preloaded


@pytest.mark.parametrize("script", sorted((PROJECT_ROOT / "experiments").glob("*.py")))
def test_experiments_need_what_a_run_needs(script):
    found = preloaded.modules(script)
    assert "helper.training.run" in found
    assert all(importlib.util.find_spec(name) for name in found)


@pytest.mark.parametrize(
    ("source", "needs"),
    [
        ("from helper import *", True),
        ("from helper import tf, training", True),
        ("import helper.training.cli", True),
        ("def main():\n    from helper.graph.model import Step", True),
        ("from helper.runs import directory\nimport numpy", False),
        ("from helper.sweeping.grid import parse", False),
        ("from . import helper", False),
        ("import helpers, tensorflowish", False),
        ("", False),
        ("def f(:", False),
        ("x = " + "(" * 1000 + ")" * 1000, False),
        ("\0", False),
    ],
)
def test_by_what_the_script_imports(tmp_path, source, needs):
    script = tmp_path / "toy.py"
    script.write_text(source)
    assert bool(preloaded.modules(script)) == needs


@pytest.mark.parametrize(
    "source",
    [
        "import tensorflow as tf",
        "import tensorflow.compat.v1 as tf",
        "from tensorflow import keras",
    ],
)
def test_a_program_without_the_helpers(tmp_path, source):
    script = tmp_path / "toy.py"
    script.write_text(source)
    assert preloaded.modules(script) == ("tensorflow",)


def test_a_script_that_is_gone():
    assert preloaded.modules(Path("/no/such.py")) == ()
