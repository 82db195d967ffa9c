"""Find the run that --resume names, and set this process's flags to the values of that run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from helper.errors import LabError, UsageError
from helper.loading import Damaged
from helper.runs import naming, record
from helper.runs.flag_roles import Change, role
from helper.runs.record import RECORD_FILE, Record


def find(name: str, logdir: str, experiment: str) -> Path:
    """The directory of a run of this experiment, named in any form that `naming` accepts.

    Raises UsageError if there is no such run, LabError if its record is damaged.
    """
    path = naming.find(name, Path(os.path.expanduser(logdir)), experiment)
    found = _readable(path).experiment
    if found != experiment:
        raise UsageError(f"{path} is a run of {found}; resume it with experiments/{found}.py")
    return path.absolute()


def _readable(path: Path) -> Record:
    """The record of a run. Raises LabError if it is damaged."""
    try:
        return record.load(path)
    except Damaged as error:
        raise LabError(
            f"{path / RECORD_FILE} {error}, and a run cannot be resumed without it; start a new one"
        ) from None


def take_flags(own: Mapping[str, Any], stored: Mapping[str, Any]) -> None:
    """Set every flag that the command line does not give to the value the run was started with.

    own: absl ``Flag`` objects by their names; stored: the flags in the run's record.
    Raises UsageError for a flag that would change the result.
    """
    grows = {name for name in own if role(name).on_resume is Change.GROW}
    longer = any(own[name].present for name in grows)
    for name, flag in own.items():
        if name == "resume" or (flag.present and role(name).on_resume is Change.FREELY):
            continue
        old = stored.get(name, flag.default)  # the experiment may have gained a flag since then
        if not flag.present:
            if not (name in grows and longer):
                flag.value = old
                # A default that the experiment sets later must not replace it.
                flag.using_default_value = False
        elif name in grows and (old is None or flag.value >= old):
            continue
        elif flag.value != old:
            hint = "give more, or none" if name in grows else "start a new run for it"
            raise UsageError(
                f"--{name}={flag.value} differs from the run's {name}={old}, which would change "
                f"its result; {hint}"
            )
