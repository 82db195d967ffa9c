"""How busy other programs keep this machine (known on Linux only)."""

from __future__ import annotations

import os
import time
from pathlib import Path

# The machine counts as quiet while other programs use at most this share of one core.
QUIET = 0.1
_LOOK = 0.2  # seconds
_STAT = Path("/proc/stat")


def busy_seconds() -> float | None:
    """Seconds that all cores together have been busy since the machine started."""
    if not _STAT.exists():
        return None
    user, nice, system, _, _, irq, softirq, steal, *_ = _STAT.read_text().split()[1:]
    ticks = sum(map(int, (user, nice, system, irq, softirq, steal)))
    return ticks / os.sysconf("SC_CLK_TCK")


def process_seconds(process: int) -> float:
    """Processor seconds of one process, all its threads together."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Others:
    """Cores used by everything but one process, since this object was made."""

    def __init__(self, process: int) -> None:
        self._process = process
        self._started = time.monotonic()
        self._busy = busy_seconds()
        self._own = process_seconds(process) if self._busy is not None else 0.0

    def cores(self) -> float | None:
        """The mean so far, 0.0 to the number of cores; None if the system does not report it."""
        busy = busy_seconds()
        if busy is None or self._busy is None:
            return None
        own = process_seconds(self._process) - self._own
        return max(0.0, (busy - self._busy - own) / (time.monotonic() - self._started))


def wait_until_quiet(patience: float) -> None:
    """Wait until other programs leave the machine alone, at most ``patience`` seconds."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        others = Others(os.getpid())
        time.sleep(_LOOK)
        if (others.cores() or 0.0) <= QUIET:
            return
