"""The runs of an experiment that a sweep finds in its log directory."""

from __future__ import annotations

from pathlib import Path

from helper.runs import listing
from helper.runs.listing import ListedRun
from helper.sweeping.setting import Setting, is_of


class FoundRuns:
    """The runs of one experiment below a log directory, whoever started them."""

    def __init__(self, experiment: str, logdir: Path) -> None:
        self._directory, self._logdir = logdir / experiment, logdir

    def find(self, setting: Setting) -> ListedRun | None:
        """The run of exactly this setting that got furthest: a finished one, else a running one,
        else the longest."""
        runs = listing.below(self._directory, self._logdir) if self._directory.is_dir() else ()
        ranks = {"completed": 3, "diverged": 2, "running": 1}
        return max(
            (run for run in runs if run.record and is_of(run.record.argv, setting)),
            key=lambda run: (
                ranks.get(run.status, 0),
                has_checkpoint(run),
                run.record.step if run.record else 0,
            ),
            default=None,
        )


def has_checkpoint(run: ListedRun) -> bool:
    return any((run.path / "checkpoints").glob("*.index"))
