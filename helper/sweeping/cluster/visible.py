"""Wait until a run that another machine has written is seen here: network file systems cache."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from pathlib import Path

from helper.files import PARTIAL
from helper.runs.record import RECORD_FILE

_MOST_SECONDS = 65.0  # NFS keeps the names of a directory for up to a minute


def wait(run: Path, seconds: float = _MOST_SECONDS) -> bool:
    """Whether the run's record, and the run in the list of runs, are seen within this time."""
    end = time.monotonic() + seconds
    while not _is_seen(run):
        if time.monotonic() > end:
            return False
        # A change of its own lets a client ask the server for the names anew.
        with (
            contextlib.suppress(OSError),
            tempfile.TemporaryDirectory(dir=run.parent, prefix=PARTIAL),
        ):
            pass
        time.sleep(0.5)
    return True


def _is_seen(run: Path) -> bool:
    try:
        return run.name in os.listdir(run.parent) and (run / RECORD_FILE).exists()
    except OSError:
        return False
