"""TensorFlow's version 1 interface, imported when it is first used, without its start-up lines.

The import takes some five seconds of processor time. A program that has only to print its help, or
to refuse a flag, never uses TensorFlow, and so answers at once.

Some of the lines are written by C++ to file descriptor 2, whatever ``TF_CPP_MIN_LOG_LEVEL`` says,
so the descriptor itself is redirected during the import. They are shown if the import fails, or if
the environment variable ``SHOW_TENSORFLOW_LOG`` is set.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from helper import streams
from helper.signals import ctrl_c_kills

__all__ = ["tf", "disable_eager_execution", "load", "stderr_held_back"]


class _ImportedOnUse(ModuleType):
    """``tensorflow.compat.v1``, imported when an attribute of it is first asked for."""

    def __getattr__(self, name: str) -> Any:
        value = getattr(load(), name)
        vars(self)[name] = value  # so that the next look-up costs no call
        return value

    def __repr__(self) -> str:
        return f"<module {self.__name__!r}>"  # the usual one asks for __file__

    def __dir__(self) -> list[str]:
        return dir(load())


tf: Any = _ImportedOnUse("tensorflow.compat.v1")

_lock = threading.RLock()  # two threads must not hold back descriptor 2 at the same time
_imported: Any = None
_eager = True


def load() -> Any:
    """Import TensorFlow now, if that was not done before. Returns ``tensorflow.compat.v1``."""
    global _imported
    with _lock:
        if _imported is None:
            _imported = _import()
    return _imported


def disable_eager_execution() -> None:
    """Switch eager execution off: now, or as soon as TensorFlow is imported.

    Raises ValueError if TensorFlow has executed something eagerly before.
    """
    global _eager
    with _lock:
        if _eager and _imported is not None:
            _imported.disable_eager_execution()
        _eager = False


def _import() -> Any:
    if not os.environ.get("SHOW_TENSORFLOW_LOG"):
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    streams.reserve()
    with ctrl_c_kills(), stderr_held_back():
        import tensorflow.compat.v1 as imported
    if not os.environ.get("SHOW_TENSORFLOW_LOG"):
        # Silence deprecation warnings about the very interface that this project is about.
        imported.get_logger().setLevel(logging.ERROR)
    if not _eager:
        imported.disable_eager_execution()
    return imported


@contextlib.contextmanager
def stderr_held_back() -> Iterator[None]:
    """Hold back what is written to file descriptor 2; release it if the body raises."""
    if os.environ.get("SHOW_TENSORFLOW_LOG"):
        yield
        return
    sys.stderr.flush()
    with tempfile.TemporaryFile() as held_back:
        original = os.dup(2)
        os.dup2(held_back.fileno(), 2)
        try:
            yield
        except BaseException:
            held_back.seek(0)
            os.write(original, held_back.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(original, 2)
            os.close(original)
