"""The verdict on the best against the second after a sweep that halved."""

from __future__ import annotations

import numpy as np
import pytest

from helper.comparing import significance
from helper.comparing.after_halving import verdict_lines
from helper.errors import LabError
from helper.runs import listing
from tests.made_runs import make_run

LABEL = np.arange(100) % 10


def made(tmp_path, seeds, **flags):
    """The runs of two settings, the first with fewer mistakes."""
    sides = []
    for number, rate in enumerate((0.5, 0.1)):
        side = []
        for seed in seeds:
            wrong = np.arange(100) < 5 + 30 * number + seed * (1 + number)
            predicted = np.where(wrong, 1 - LABEL, LABEL)
            path = tmp_path / "toy" / f"{number}{seed:03d}"
            make_run(path, predicted=predicted, label=LABEL, learning_rate=rate, seed=seed, **flags)
            side.append(listing.one(f"toy/{path.name}", tmp_path))
        sides.append(side)
    return tuple(sides)


@pytest.mark.parametrize("seeds, test", [((1,), "McNemar"), ((1, 2, 3), "paired t-test")])
def test_the_best_is_the_second_side(tmp_path, seeds, test):
    pytest.importorskip("scipy", reason="verdicts need the extra [compare]")
    lines = verdict_lines(("rate=0.5", "rate=0.1"), made(tmp_path, seeds), tmp_path)
    assert lines[:2] == ["first:  rate=0.1 (rank 2)", "second: rate=0.5 (rank 1)"]
    assert lines[3].startswith(test) and "verdict: the second is better" in lines
    assert lines[-1].startswith("which is better: python ")
    assert lines[-1].endswith("--verdict learning_rate=0.1 learning_rate=0.5")


def test_without_scipy_the_command_remains(tmp_path, monkeypatch):
    def missing(*_):
        raise LabError("SciPy is missing")

    monkeypatch.setattr(significance, "judge", missing)
    first, last = verdict_lines(("a", "b"), made(tmp_path, (1,)), tmp_path)
    assert first == "no verdict: SciPy is missing" and "--verdict" in last


def test_runs_that_cannot_be_compared(tmp_path):
    best, second = made(tmp_path, (1,))
    (second[0].path / "predictions.npz").unlink()
    (line,) = verdict_lines(("a", "b"), (best, second), tmp_path)
    assert line.startswith("no verdict: toy/1001 (completed) has no test predictions")
