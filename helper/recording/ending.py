"""What is printed when a run has ended: what was lost, and where to look."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from helper.runs import tensorboard_links
from helper.runs.record import Record


def show_faults(faults: Sequence[str], record: Record) -> None:
    """Print what the disk did not take."""
    for fault in faults:
        print(f"error: {fault}", file=sys.stderr)
    if record.summaries_lost:
        print(
            f"error: {record.summaries_lost:,} summary values were not written; "
            "the curves of this run have gaps",
            file=sys.stderr,
        )


def show_link(path: Path, record: Record) -> None:
    """Print how to see a run in TensorBoard."""
    name = f"{record.experiment}/{record.name}"
    print(tensorboard_links.advice(path.parent.parent, [name], [record]))
