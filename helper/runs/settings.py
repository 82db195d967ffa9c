"""The settings of a run, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any


def as_flagfile(flags: Mapping[str, Any]) -> str:
    """Settings as a flag file's text: a line for each that has a value."""
    lines = []
    for name, value in flags.items():
        if value is not None:
            shown = ",".join(map(str, value)) if isinstance(value, (list, tuple)) else value
            lines.append(f"--{name}={shown}\n")
    return "".join(lines)


@dataclass(frozen=True)
class Settings:
    """The settings that every experiment shares.

    experiment: its name, which is a directory in logdir.
    steps, batch_size, seed, xla: with the graph and the data they decide the result. xla: whether
        the training loop is compiled; None: by the rule of ``helper.graph.compiling``.
    log_every, eval_every, checkpoint_every: intervals in steps; checkpoint_every 0: as eval_every.
    keep: how many of the newest checkpoints to keep besides the best one. select_by: the metric by
        which the best is chosen; "" for accuracy, or loss if there is no accuracy.
    resume: the directory of the run to resume, or None for a new run.
    suffix: what follows the number in the run directory's name, or "".
    histograms, pr_curves: whether to write them. trace_every: steps between two traces; 0: none.
    flags: every setting of the run, as JSON values. flagfile: the same, as a flag file's text,
        without the run's name.
    argv: the command line.
    """

    experiment: str
    steps: int
    batch_size: int
    seed: int
    log_every: int
    eval_every: int
    checkpoint_every: int
    keep: int
    select_by: str
    xla: bool | None
    resume: Path | None
    logdir: str
    suffix: str
    histograms: bool
    pr_curves: bool
    trace_every: int
    flags: Mapping[str, Any]
    flagfile: str
    argv: Sequence[str]

    def with_xla(self, xla: bool) -> Settings:
        """The same, with what was decided, so that a repeated or resumed run does not ask again."""
        if self.xla is not None:
            return self
        flagfile = f"{self.flagfile}--{'xla' if xla else 'noxla'}\n"
        return replace(self, xla=xla, flags={**self.flags, "xla": xla}, flagfile=flagfile)
