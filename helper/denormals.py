"""Denormal numbers become zero on this thread too, as on the threads that TensorFlow starts.

TensorFlow's threads flush denormals, numbers closer to zero than 1.2e-38 in float32. A thread of
Python's does not, and in the sessions of this project it executes nodes too. How much of an
operation falls to it depends on which threads are free. Small means of squared gradients, such as
Adam's, would therefore differ between two runs of the same settings.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import platform
import struct
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

# glibc's fenv_t on x86-64: 28 bytes for the x87 unit, then the register MXCSR.
_SIZE, _MXCSR = 32, 28
# Its bits DAZ (denormal operands count as zero) and FTZ (denormal results become zero).
_FLUSH = 0x8040


@contextlib.contextmanager
def flushed() -> Iterator[None]:
    """Flush denormals on this thread; without effect where ``can_flush`` is false."""
    library = _library()
    if library is None:
        yield
        return
    before = ctypes.create_string_buffer(_SIZE)
    library.fegetenv(before)
    inside = ctypes.create_string_buffer(before.raw, _SIZE)
    (mxcsr,) = struct.unpack_from("<I", before, _MXCSR)
    struct.pack_into("<I", inside, _MXCSR, mxcsr | _FLUSH)
    library.fesetenv(inside)
    try:
        yield
    finally:
        library.fesetenv(before)


@functools.cache
def can_flush() -> bool:
    """Whether ``flushed`` works here. If not, denormals in optimizer slots depend on chance."""
    tiny = np.full(4, 1e-39, np.float32)
    with flushed():
        inside = tiny * np.float32(1)
    return not inside.any() and bool((tiny * np.float32(1)).all())


@functools.cache
def _library() -> Any:
    """The C library's functions for the floating-point environment, where its layout is known."""
    known = sys.platform == "linux" and platform.machine() == "x86_64"
    if not known or platform.libc_ver()[0] != "glibc":
        return None
    try:
        return ctypes.CDLL("libm.so.6")
    except OSError:
        return None
