"""The verdict on the two best settings of a sweep that halved."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from helper.comparing import significance
from helper.comparing.after_sweep import verdict_command
from helper.comparing.request import Request
from helper.errors import LabError, UsageError
from helper.runs.listing import ListedRun


def verdict_lines(
    names: tuple[str, str], runs: tuple[Sequence[ListedRun], Sequence[ListedRun]], logdir: Path
) -> list[str]:
    """The best against the second on the test set, which chose neither: what is better, and the
    command that says it again. runs: of each, trained equally long.

    Without SciPy there is only the command; where the runs cannot be compared, the reason.
    """
    best, second = runs
    try:
        verdict = significance.judge(second, best)
    except UsageError as error:
        return [f"no verdict: {error}"]
    except LabError as error:
        lines = [f"no verdict: {error}"]
    else:
        lines = verdict.sentences(f"{names[1]} (rank 2)", f"{names[0]} (rank 1)")
    command = verdict_command([*second, *best], logdir)
    if command is None and len(best) == len(second) == 1:
        command = Request(logdir).verdict([second[0].name, best[0].name])
    return [*lines, *([f"which is better: {command}"] if command else [])]
