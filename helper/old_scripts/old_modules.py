"""Modules that TensorFlow 1 had and that are made here: only the names that are really there."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from helper.old_scripts import unsupported
from helper.old_scripts.import_hooks import Make


class OldModule(ModuleType):
    """Any other name than its contents raises ``Unsupported``, with the reason."""

    def __init__(self, name: str, contents: Mapping[str, Any]) -> None:
        super().__init__(name)
        self.__dict__.update(contents, __path__=[])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        # Its own submodules are found without an import of each, as in TensorFlow 1.
        try:
            importlib.import_module(f"{self.__name__}.{name}")
        except ImportError:
            unsupported.refuse(re.sub(r"^tensorflow\b", "tf", f"{self.__name__}.{name}"))
        return sys.modules[f"{self.__name__}.{name}"]


def makers(contents: Mapping[str, Mapping[str, Any]]) -> dict[str, Make]:
    """What makes the modules with these names and contents, and the packages that hold them."""
    names = {
        ".".join(parts[:length])
        for parts in (name.split(".") for name in contents)
        for length in range(2, len(parts) + 1)
    }
    return {name: _maker(name, contents.get(name, {})) for name in names}


def _maker(name: str, contents: Mapping[str, Any]) -> Make:
    return lambda: OldModule(name, contents)
