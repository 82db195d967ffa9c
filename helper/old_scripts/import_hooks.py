"""Modules that a script imports by an old name, and changes to others right after their import."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

Make = Callable[[], ModuleType]
Alias = Callable[[str], ModuleType | None]
Change = Callable[[ModuleType], None]


class Finder(importlib.abc.MetaPathFinder):
    """Goes first in ``sys.meta_path``.

    made: by name, functions that make a module. alias: gives the module that a name stands for, or
    None. changes: by name, what is done to a module after
    its import. refuse: called with every other name that begins with one of ``refused``; raises an
    ImportError that says why there is no such module.
    """

    def __init__(self, refused: Sequence[str], refuse: Callable[[str], None]) -> None:
        self.made: dict[str, Make] = {}
        self.changes: dict[str, Change] = {}
        self.alias: Alias = lambda name: None
        self._refused, self._refuse = tuple(refused), refuse
        self._asking: set[str] = set()

    def find_spec(
        self, name: str, path: Any = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name in self.made:
            loader = _Maker(self.made[name])
            return importlib.machinery.ModuleSpec(name, loader, is_package=True)
        if (module := self.alias(name)) is not None:
            return importlib.machinery.ModuleSpec(name, _There(module))
        if name in self.changes and name not in self._asking:
            return self._changed(name)
        if any(name == top or name.startswith(f"{top}.") for top in self._refused):
            self._refuse(name)
        return None

    def _changed(self, name: str) -> importlib.machinery.ModuleSpec | None:
        self._asking.add(name)
        try:
            spec = importlib.util.find_spec(name)
        finally:
            self._asking.discard(name)
        if spec is not None and spec.loader is not None:
            spec.loader = _Changer(spec.loader, self.changes[name])
        return spec


class _Maker(importlib.abc.Loader):
    def __init__(self, make: Make) -> None:
        self._make = make

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        module = self._make()
        module.__name__ = spec.name
        return module

    def exec_module(self, module: ModuleType) -> None:
        pass


class _There(importlib.abc.Loader):
    """Gives a module that is imported already, and leaves it as it is."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return ModuleType(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        sys.modules[module.__name__] = self._module


class _Changer(importlib.abc.Loader):
    def __init__(self, loader: Any, change: Change) -> None:
        self._loader, self._change = loader, change

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        self._change(module)

    def __getattr__(self, name: str) -> Any:  # get_source and others, which tracebacks ask for
        return getattr(self._loader, name)


def install(finder: Finder) -> None:
    """Ask this finder first from now on; what is imported already is changed at once."""
    sys.meta_path.insert(0, finder)
    for name, change in finder.changes.items():
        if name in sys.modules:
            change(sys.modules[name])
