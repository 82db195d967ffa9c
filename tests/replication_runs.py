"""Completed runs of the articles' systems, made by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from helper.runs import listing
from helper.runs.listing import ListedRun
from scripts.replication.systems import SYSTEMS
from tests.made_runs import make_run

COUNTS = {"S2a": 7_850, "S2b": 496_885, "S0": 159_010}


def make(
    logdir: Path,
    name: str,
    accuracies: Sequence[float] = (0.90, 0.92),
    predicted: Sequence[int] = range(10),
    final: dict[str, float] | None = None,
    **flags,
) -> list[ListedRun]:
    """Runs of a system, one for each test accuracy; the train accuracy is 0.01 above it."""
    system = next(system for system in SYSTEMS if system.name == name)
    for seed, accuracy in enumerate(accuracies):
        path = make_run(
            logdir / system.command[0] / f"{seed + 1:04d}-{name}",
            accuracy,
            predicted=np.array(predicted),
            label=np.arange(10),
            seed=seed,
            **{"batch_size": 100, **flags},
        )
        record = json.loads((path / "run.json").read_text())
        record["final"] |= {"train/accuracy": accuracy + 0.01, **(final or {})}
        record["parameter_count"] = COUNTS.get(name, 31)
        (path / "run.json").write_text(json.dumps(record))
    return listing.find(logdir, [f"{system.command[0]}/*-{name}"])
