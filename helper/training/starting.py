"""What a run refuses and says before TensorFlow is imported, so that nobody waits for it."""

from __future__ import annotations

from helper.data.datasets import Dataset
from helper.errors import LabError, UsageError, printable
from helper.runs import directory
from helper.runs.directory import Run
from helper.runs.record import Status
from helper.runs.settings import Settings


def check(settings: Settings, data: Dataset) -> None:
    """Raise LabError if the settings do not fit the data, or there can be no such run.

    A new run: its name, and whether its directory can be made. A resumed one: whether it can be
    continued with these steps and this data, and no other process writes it.
    """
    check_batch_size(settings, data)
    if settings.resume is None:
        directory.check_new(settings.logdir, settings.experiment, settings.suffix)
        return
    run = directory.reopen(settings.resume)
    try:
        if not is_finished(run, settings.steps):
            check_data(run, data.sha256)
    finally:
        run.close()


def check_batch_size(settings: Settings, data: Dataset) -> None:
    """Raise UsageError if a batch would be larger than the training split."""
    examples = len(data.train.labels)
    if settings.batch_size > examples:
        raise UsageError(
            f"--batch_size={settings.batch_size} is more than the {examples} training examples "
            f"of {data.name}; choose {examples} or less"
        )


def first_line(settings: Settings, data: Dataset) -> str:
    """Which experiment trains on what, and which run is resumed."""
    run = f" {settings.resume.name}" if settings.resume else ""
    splits = {"training": data.train, "validation": data.validation, "test": data.test}
    *most, last = (f"{len(split.labels):,} {name}" for name, split in splits.items() if split)
    examples = f"{', '.join(most)} and {last} images"
    return printable(f"{settings.experiment}{run}: {data.name}, {examples}")


def is_finished(run: Run, steps: int) -> bool:
    """Whether there is nothing left to do for so many steps.

    Raises UsageError for fewer steps than the run has, LabError for a run that diverged.
    """
    record = run.record
    if steps < record.steps:
        raise UsageError(f"{run.path} is a run of {record.steps:,} steps; give more, or none")
    if record.status is Status.DIVERGED:
        raise LabError(
            f"{run.path} diverged after step {record.step:,} and would do so again; start a new "
            "run, for example with a smaller --learning_rate"
        )
    # If the disk was full at the end, the last steps are repeated from the newest checkpoint.
    return record.status is Status.COMPLETED and record.saved_step == steps


def check_data(run: Run, sha256: str) -> None:
    """Raise UsageError if the run was trained on other data than that with this SHA-256."""
    then = run.record.data
    if then is None or then.sha256 != sha256:
        was = then.sha256[:12] if then else "unknown"
        raise UsageError(
            f"{run.path} was trained on other data (SHA-256 {was}…, not {sha256[:12]}…); resume it "
            "with the data it was started with"
        )
