"""SciPy is an extra, and takes a second to import: only a verdict pays for it."""

from __future__ import annotations

from typing import Any

from helper.errors import LabError


def scipy_stats() -> Any:
    """The module ``scipy.stats``. Raises LabError if SciPy is not installed."""
    try:
        from scipy import stats
    except ImportError as error:
        raise LabError("a verdict needs SciPy: pip install -e '.[compare]'") from error
    return stats
