from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import helper
from helper.files import PROJECT_ROOT

READERS = [
    "errors",
    "command",
    "data.datasets",
    "data.cache",
    "graph.schedule",
    "training.cli",
    "training.console",
    "runs.events",
    "runs.listing",
    "runs.cleaning",
    "runs.tfrecords",
    "comparing.where",
    "comparing.comparison",
    "sweeping.sweep",
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
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=PROJECT_ROOT, timeout=60
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
