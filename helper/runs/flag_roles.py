"""The role of each flag: one table for naming, resuming, comparing and publishing runs."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any, NamedTuple


class Change(enum.Enum):
    """How a flag may change when a run is resumed."""

    NEVER = enum.auto()
    GROW = enum.auto()  # a run may be extended
    FREELY = enum.auto()


class Role(NamedTuple):
    """decides: with the graph and the data, it decides what a run computes. on_resume: how it may
    change. in_name: a value other than the default is part of the run's name. hyper_parameter: it
    is a column of TensorBoard's HPARAMS page."""

    decides: bool
    on_resume: Change
    in_name: bool
    hyper_parameter: bool


_SETTING = Role(decides=True, on_resume=Change.NEVER, in_name=True, hyper_parameter=True)
_LENGTH = Role(decides=True, on_resume=Change.GROW, in_name=False, hyper_parameter=True)
_VIEW = Role(decides=False, on_resume=Change.NEVER, in_name=False, hyper_parameter=False)
_FREE = Role(decides=False, on_resume=Change.FREELY, in_name=False, hyper_parameter=False)

# The flags that every experiment has. Any other flag is an experiment's own, and a setting.
SHARED = {
    "steps": _LENGTH,
    # The steps say it already.
    "epochs": _LENGTH._replace(hyper_parameter=False),
    "batch_size": _SETTING,
    "learning_rate": _SETTING,
    "seed": _SETTING,
    "xla": _SETTING,
    "dataset": _SETTING,
    # Whether the data is the same is checked on the data itself.
    "data_dir": _FREE,
    "validation_split": _SETTING,
    "logdir": _FREE,
    "run_name": _FREE,
    "log_every": _VIEW,
    "eval_every": _VIEW,
    "select_by": _VIEW,
    "checkpoint_every": _FREE,
    "keep": _FREE,
    "histograms": _FREE,
    "pr_curves": _FREE,
    "trace_every": _FREE,
    "note": _FREE,
    "resume": _FREE,
}

# What a run did if its record lacks the flag, where that is not the flag's default.
BEFORE = {"xla": False}


def role(flag: str) -> Role:
    """The role of a flag, by its name."""
    return SHARED.get(flag, _SETTING)


def hyper_parameters(experiment: str, flags: Mapping[str, Any]) -> dict[str, bool | float | str]:
    """The columns of TensorBoard's HPARAMS page: booleans, numbers and text, lists as text.

    The page sorts its columns by name, and its parallel coordinates draw only runs that have a
    value in all of the first five. A setting that other experiments lack begins with a dot, which
    sorts last.
    """
    columns: dict[str, bool | float | str] = {"experiment": experiment}
    for name, value in flags.items():
        if value is None or not role(name).hyper_parameter:
            continue
        if isinstance(value, (list, tuple)):
            value = ",".join(map(str, value))
        columns[name if name in SHARED else f"· {name}"] = value
    return columns
