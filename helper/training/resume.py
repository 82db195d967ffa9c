"""Find the run that --resume names, and set this process's flags to the values of that run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from helper.errors import UsageError
from helper.runs import directory, naming
from helper.runs.flag_roles import BEFORE, Change, role
from helper.runs.record import Record


def find(name: str, logdir: str, experiment: str) -> tuple[Path, Record]:
    """A run of this experiment, named in any form that `naming` accepts: its directory and record.

    Raises UsageError if there is no such run, LabError if its record is damaged.
    """
    path = naming.find(name, Path(os.path.expanduser(logdir)), experiment)
    record = directory.record_to_resume(path)
    if record.origin != "experiment":
        raise UsageError(
            f"{path} was trained by a loop of its own program, of which there is no checkpoint; "
            "run that program again"
        )
    if record.experiment != experiment:
        raise UsageError(
            f"{path} is a run of {record.experiment}; resume it with "
            f"experiments/{record.experiment}.py"
        )
    return path.absolute(), record


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
        # The experiment may have gained a flag since then.
        old = stored.get(name, BEFORE.get(name, flag.default))
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
