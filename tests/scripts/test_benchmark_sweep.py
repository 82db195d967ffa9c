from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from helper.errors import LabError
from helper.runs import listing
from scripts.benchmarks import sweep
from tests.made_runs import make_run


def test_the_aim():
    assert [row[2:] for row in sweep.rows(10, 4)] == [["", ""], ["0.40", "≤ 0.4 ✓"]]
    assert sweep.rows(10, 4.1)[1][3] == "≤ 0.4 ✗"


def test_other_results_are_named():
    first, second = ("--seed=1",), ("--seed=2",)
    assert not sweep.unlike({first: "a"}, {first: "a", second: "b"})
    (line,) = sweep.unlike({first: "a", second: "b"}, {first: "a", second: "c"})
    assert line.startswith("--seed=2: ")


def test_weights_and_metrics_are_compared(tmp_path):
    path = make_run(tmp_path / "toy" / "0001", predicted=np.arange(9), label=np.arange(9))
    (run,) = listing.find(tmp_path)
    with pytest.raises(LabError, match="has no checkpoint"):
        sweep.digest(run)
    (path / "checkpoints").mkdir(exist_ok=True)
    found = []
    for text in ("a", "b"):
        (path / "checkpoints" / "step-0000000005.data-00000-of-00001").write_text(text)
        found.append(sweep.digest(run))
    run.record = dataclasses.replace(run.record, final={"test/loss": 0.5})
    found.append(sweep.digest(listing.ListedRun(run.path, run.name, run.status, run.record)))
    assert len(set(found)) == 3
