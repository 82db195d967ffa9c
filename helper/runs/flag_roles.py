"""The role of each flag: one table for naming, resuming, comparing and publishing runs."""

from __future__ import annotations

import enum
from typing import NamedTuple


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
_PLACE = Role(decides=False, on_resume=Change.FREELY, in_name=False, hyper_parameter=False)

# The flags that every experiment has. Any other flag is an experiment's own, and a setting.
SHARED = {
    "steps": _LENGTH,
    "epochs": _LENGTH,
    "batch_size": _SETTING,
    "learning_rate": _SETTING,
    "seed": _SETTING,
    "xla": _SETTING,
    "dataset": _SETTING,
    # Whether the data is the same is checked on the data itself.
    "data_dir": _PLACE,
    "validation_split": _SETTING,
    "logdir": _PLACE,
    "run_name": _PLACE,
    "log_every": _VIEW,
    "eval_every": _VIEW,
    "select_by": _VIEW,
    "checkpoint_every": _PLACE,
    "keep": _PLACE,
    "resume": _PLACE,
}


def role(flag: str) -> Role:
    """The role of a flag, by its name."""
    return SHARED.get(flag, _SETTING)
