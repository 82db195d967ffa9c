"""Find the run that --resume names, and give the flags of this process the values of that run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from helper.errors import LabError, UsageError
from helper.loading import Damaged
from helper.runs import directory, record
from helper.runs.flag_roles import Change, role
from helper.runs.record import RECORD_FILE, Record


def find(name: str, logdir: str, experiment: str) -> Path:
    """The directory of a run of this experiment: a path, its name, its number, or "latest".

    Raises LabError if there is no such run.
    """
    parent = Path(os.path.expanduser(logdir), experiment)
    if name == "latest":
        found = [path for path in parent.glob("*") if (path / RECORD_FILE).exists()]
        if not found:
            raise LabError(f"there is no run in {parent} to resume")
        # The numbers tell it even if the clock was set back.
        path = max(found, key=directory.number)
        _readable(path)
        return path.absolute()
    for path in map(directory.by_number, (Path(os.path.expanduser(name)), parent / name)):
        if not (path / RECORD_FILE).exists():
            continue
        found_experiment = _readable(path).experiment
        if found_experiment != experiment:
            raise UsageError(
                f"{path} is a run of {found_experiment}; resume it with "
                f"experiments/{found_experiment}.py"
            )
        return path.absolute()
    raise LabError(f"{name} is not a run directory of {experiment}; name one below {parent}")


def _readable(path: Path) -> Record:
    """The record of a run; raises LabError where it is damaged."""
    try:
        return record.load(path)
    except Damaged as error:
        raise LabError(
            f"{path / RECORD_FILE} {error}, and without it the run cannot go on; start a new one"
        ) from None


def take_flags(own: Mapping[str, Any], stored: Mapping[str, Any]) -> None:
    """Set every flag that the command line leaves out to the value that the run was started with.

    own: absl ``Flag`` objects by their names; stored: the flags in the run's record.
    Raises UsageError for a flag that would change the result.
    """
    grows = {name for name in own if role(name).on_resume is Change.GROW}
    longer = any(own[name].present for name in grows)
    for name, flag in own.items():
        if name == "resume" or (flag.present and role(name).on_resume is Change.FREELY):
            continue
        old = stored.get(name, flag.default)  # the experiment may have a new flag since then
        if not flag.present:
            if not (name in grows and longer):
                flag.value = old
                # A default that an experiment sets later must not take its place.
                flag.using_default_value = False
        elif name in grows and (old is None or flag.value >= old):
            continue
        elif flag.value != old:
            hint = "give more, or none" if name in grows else "start a new run for it"
            raise UsageError(
                f"--{name}={flag.value} differs from the run's {name}={old}, which would change "
                f"its result; {hint}"
            )
