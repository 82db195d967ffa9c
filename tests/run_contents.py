"""What a run left, in a form in which two runs can be compared."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from helper import tf
from helper.runs import events
from tests.command_line import record


def variables(run: Path) -> dict[str, str]:
    """The SHA-256 of every variable of the newest checkpoint."""
    prefix = sorted((run / "checkpoints").glob("*.index"))[-1].with_suffix("")
    reader = tf.train.load_checkpoint(str(prefix))
    names = reader.get_variable_to_shape_map()
    return {n: hashlib.sha256(reader.get_tensor(n).tobytes()).hexdigest() for n in names}


def curves(run: Path) -> dict[tuple[str, str], list[tuple[int, float]]]:
    """Every point of every scalar of every directory."""
    return {
        (split, tag): list(zip(curve.step.tolist(), curve.value.tolist(), strict=True))
        for split in ("", "train", "test", "validation")
        for tag, curve in events.read_scalars(run / split).items()
    }


def lasting(run: Path) -> dict[str, Any]:
    """What of the record does not depend on when, where and in how many parts it ran."""
    found = record(run)
    for name in ("id", "name", "argv", "started", "ended", "commit", "seconds", "seconds_in_steps"):
        del found[name]
    del found["steps_per_second"], found["flags"]["logdir"]
    return found


def files(run: Path) -> set[Path]:
    """All files but those of events, of which each launch makes its own."""
    return {path.relative_to(run) for path in run.rglob("*") if "tfevents" not in path.name}


def check_equal(one: Path, other: Path) -> None:
    assert variables(one) == variables(other)
    assert curves(one) == curves(other)
    assert lasting(one) == lasting(other)
    assert (one / "predictions.npz").read_bytes() == (other / "predictions.npz").read_bytes()
    assert sorted(files(one)) == sorted(
        files(other)
    )  # no litter, and the same checkpoints are kept
