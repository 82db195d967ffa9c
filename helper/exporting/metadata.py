"""What travels along with an exported network: the same names in every format."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from helper import __version__
from helper.runs import flag_roles
from helper.runs.record import Record

FILE = "export.json"
VERSION = 1


def describe(
    record: Record, step: int, best: bool, accuracy: float, outputs: Mapping[str, str]
) -> dict[str, Any]:
    """JSON values that say what a network is.

    step: of its checkpoint. best: whether that is the best one, not the last. accuracy: on the test
    images. outputs: what each output is, by its name.
    The settings are those that decide a result: paths of the machine stay at home.
    """
    assert record.data
    decisive = {
        name: value for name, value in record.flags.items() if flag_roles.role(name).decides
    }
    height, width = record.data.image_shape
    return {
        "export_version": VERSION,
        "made_with": f"tensorflow-graph-lab {__version__}",
        "experiment": record.experiment,
        "run": record.name,
        "run_id": record.id,
        "checkpoint": "best" if best else "last",
        "step": step,
        "settings": decisive,
        "data": record.data.name,
        "data_sha256": record.data.sha256,
        "commit": record.commit,
        "changed_files": record.changed_files,
        "test_images": record.data.test,
        "test_accuracy": accuracy,
        "inputs": {"images": f"uint8 [batch, {height}, {width}], 0 to 255"},
        "outputs": dict(outputs),
    }


def as_text(metadata: Mapping[str, Any]) -> str:
    """As a JSON file."""
    return json.dumps(metadata, indent=1) + "\n"


def as_strings(metadata: Mapping[str, Any]) -> dict[str, str]:
    """For a format whose values are text: what is not becomes JSON."""
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in metadata.items()
    }
