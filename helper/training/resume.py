"""Find the run that --resume names, and give the flags of this process the values of that run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from helper.errors import LabError, UsageError
from helper.runs import directory as runs
from helper.runs import naming

# Two ways to say how long a run is; it may become longer.
_LENGTH = ("steps", "epochs")
# What else may differ between the parts of one run: it does not change what the steps compute. That
# the data are the same is seen from the data themselves.
FREE_FLAGS = frozenset({"keep", "checkpoint_every", "logdir", "run_name", "data_dir"})


def find(name: str, logdir: str, experiment: str) -> Path:
    """The directory of a run of this experiment, named in any way that `naming` knows.

    Raises UsageError if there is no such run, LabError if its record is damaged.
    """
    path = naming.find(name, Path(os.path.expanduser(logdir)), experiment)
    record = runs.read_record(_readable(path)) or {}
    if record["experiment"] != experiment:
        raise UsageError(
            f"{path} is a run of {record['experiment']}; resume it with "
            f"experiments/{record['experiment']}.py"
        )
    return path.absolute()


def _readable(path: Path) -> Path:
    """The path; raises LabError if the record in it is damaged."""
    record = runs.read_record(path)
    if record is None or not {"experiment", "flags", "status", "id"} <= record.keys():
        raise LabError(
            f"{path / runs.RECORD_FILE} is damaged, and without it the run cannot go on; "
            "start a new one"
        )
    return path


def take_flags(own: Mapping[str, Any], stored: Mapping[str, Any]) -> None:
    """Set every flag that the command line leaves out to the value that the run was started with.

    own: absl ``Flag`` objects by their names; stored: the flags in the run's record.
    Raises UsageError for a flag that would change the result.
    """
    longer = [name for name in _LENGTH if name in own and own[name].present]
    for name, flag in own.items():
        if name == "resume" or (name in FREE_FLAGS and flag.present):
            continue
        old = stored.get(name, flag.default)  # the experiment may have got a new flag since
        if not flag.present:
            if not (name in _LENGTH and longer):
                flag.value = old
                # A default that an experiment sets later must not take its place.
                flag.using_default_value = False
        elif name in _LENGTH and (old is None or flag.value >= old):
            continue
        elif flag.value != old:
            hint = "give more, or none" if name in _LENGTH else "start a new run for it"
            raise UsageError(
                f"--{name}={flag.value} differs from the run's {name}={old}, which would change "
                f"its result; {hint}"
            )
