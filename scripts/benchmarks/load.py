"""What the other programs on this machine are doing (Linux; elsewhere nothing is known)."""

from __future__ import annotations

import os
import time
from pathlib import Path

# Others use the machine so little when it is called quiet: a share of one core.
QUIET = 0.1
_LOOK = 0.2  # seconds
_STAT = Path("/proc/stat")


def busy_seconds() -> float | None:
    """Seconds that all cores together have worked since the machine started."""
    if not _STAT.exists():
        return None
    user, nice, system, _, _, irq, softirq, steal, *_ = _STAT.read_text().split()[1:]
    ticks = sum(map(int, (user, nice, system, irq, softirq, steal)))
    return ticks / os.sysconf("SC_CLK_TCK")


def process_seconds(process: int) -> float:
    """Seconds that one process has worked, all its threads together."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Others:
    """Cores used by others than one process, from the making of this object on."""

    def __init__(self, process: int) -> None:
        self._process = process
        self._started = time.monotonic()
        self._busy = busy_seconds()
        self._own = process_seconds(process) if self._busy is not None else 0.0

    def cores(self) -> float | None:
        """The mean so far, 0.0 to the number of cores; None if this system does not tell."""
        busy = busy_seconds()
        if busy is None or self._busy is None:
            return None
        own = process_seconds(self._process) - self._own
        return max(0.0, (busy - self._busy - own) / (time.monotonic() - self._started))


def wait_until_quiet(patience: float) -> None:
    """Wait, at most so many seconds, until the other programs leave the machine alone."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        others = Others(os.getpid())
        time.sleep(_LOOK)
        if (others.cores() or 0.0) <= QUIET:
            return
