"""TensorFlow's version 1 interface, imported without the lines it prints at start-up.

Some of those lines are written by C++ to file descriptor 2, whatever ``TF_CPP_MIN_LOG_LEVEL``
says, so the descriptor itself is redirected during the import. They are shown if the import fails,
or if the environment variable ``SHOW_TENSORFLOW_LOG`` is set.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import tempfile
from collections.abc import Iterator

from helper import streams
from helper.signals import ctrl_c_kills


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


if not os.environ.get("SHOW_TENSORFLOW_LOG"):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

streams.reserve()
with ctrl_c_kills(), stderr_held_back():
    import tensorflow.compat.v1 as tf

if not os.environ.get("SHOW_TENSORFLOW_LOG"):
    # Silence deprecation warnings about the very interface that this project is about.
    tf.get_logger().setLevel(logging.ERROR)

__all__ = ["tf", "stderr_held_back"]
