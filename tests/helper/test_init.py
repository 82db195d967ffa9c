from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import helper

ROOT = Path(__file__).resolve().parents[2]
READERS = [
    "events",
    "runs",
    "cli",
    "datasets",
    "cache",
    "idx",
    "records",
    "errors",
    "console",
    "schedule",
    "where",
]


def test_what_only_reads_runs_does_not_import_tensorflow():
    """TensorFlow's import takes some four seconds, and that of pandas or SciPy one."""
    script = (
        "import sys, helper\n"
        f"for name in {READERS}: __import__('helper.' + name)\n"
        "heavy = {'tensorflow', 'keras', 'pandas', 'scipy', 'matplotlib', 'sklearn'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, timeout=60
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_star_import_gives_the_articles_names():
    names: dict = {}
    exec("from helper import *", names)
    del names["__builtins__"]
    assert set(names) == set(
        ["tf", "np", "weight_variable", "bias_variable", "prewitt_filter", "mnist_samples"]
    )
    assert names["np"] is np
    assert names["tf"].placeholder and names["tf"].Session and names["tf"].log


def test_unknown_name():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        helper.nothing  # noqa: B018
    with pytest.raises(ImportError):
        from helper import nothing  # noqa: F401
