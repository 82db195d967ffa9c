"""Which flag files started this program, and what they set: a preset names its runs."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from absl import flags

from helper.runs import new_names
from helper.runs.flag_roles import role


def run_name(argv: Sequence[str], defined: flags.FlagValues, own: Mapping[str, flags.Flag]) -> str:
    """The name of a run started with these arguments: the presets, then the flags that differ from
    them, or from the defaults where the presets do not set them.

    own: the flags that settings are made of, by name, with their present values.
    """
    presets = new_names.presets(argv)
    expected = {name: flag.default for name, flag in own.items()} | _values(presets, defined)
    changed = {
        name: flag.value
        for name, flag in own.items()
        if role(name).in_name and flag.value != expected[name]
    }
    if not {"xla", "noxla"} & {word.lstrip("-").partition("=")[0] for word in argv}:
        # The flags of an earlier run say what the rule decided, which nobody chose.
        changed.pop("xla", None)
    return new_names.compose(changed, presets)


def _values(files: Sequence[Path], defined: flags.FlagValues) -> dict[str, Any]:
    """{flag: value} of the flags that the files set; without those that they alone cannot set."""
    if not files:
        return {}
    alone = copy.deepcopy(defined)
    for name in alone:
        alone[name].present = 0
    # A validator may want a flag that only the command line gives: the values are set all the same.
    with contextlib.suppress(flags.Error):
        alone(["", *(f"--flagfile={file}" for file in files)])
    return {name: alone[name].value for name in alone if alone[name].present}
