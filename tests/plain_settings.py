"""The settings of a short run, for tests that call what trains without a command line."""

from __future__ import annotations

from pathlib import Path

from helper.runs.settings import Settings


def settings(logdir: Path, **changed) -> Settings:
    values = dict(
        experiment="own",
        steps=30,
        batch_size=10,
        seed=0,
        log_every=5,
        eval_every=10,
        checkpoint_every=0,
        keep=3,
        select_by="",
        xla=None,
        histograms=False,
        pr_curves=False,
        trace_every=0,
        resume=None,
        logdir=str(logdir),
        suffix="",
        flags={"steps": 30},
        flagfile="",
        argv=["own.py"],
    )
    return Settings(**(values | changed))
