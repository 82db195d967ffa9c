"""The session in which a run trains and is evaluated."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from helper.denormals import flushed
from helper.tensorflow_v1 import tf


class Session(tf.Session):
    """A session whose calling thread flushes denormals while it executes nodes, where it can."""

    def run(self, *arguments: Any, **named: Any) -> Any:
        with flushed():
            return super().run(*arguments, **named)

    def make_callable(self, *arguments: Any, **named: Any) -> Callable[..., Any]:
        call = super().make_callable(*arguments, **named)

        @functools.wraps(call)
        def flushing(*values: Any, **options: Any) -> Any:
            with flushed():
                return call(*values, **options)

        return flushing
