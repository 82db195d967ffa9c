"""Figures of a script without a display: files in the run directory instead of windows."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from helper.old_scripts.import_hooks import Change

FOLDER = "figures"
_MOST = 100  # files of one run
_BACKEND = "tensorflow_graph_lab_figures"


class Figures:
    """A backend of Matplotlib. folder: where ``show`` saves what it would have shown."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._saved = 0

    def install(self) -> dict[str, Change]:
        """Choose the backend; returns what is changed in Matplotlib when it is imported."""
        if not without_display():
            return {}
        os.environ["MPLBACKEND"] = f"module://{_BACKEND}"
        return {"matplotlib": self._change}

    def _change(self, matplotlib: ModuleType) -> None:
        # A script that asks for a window gets the files as well.
        matplotlib.use = lambda *_, **__: None
        sys.modules[_BACKEND] = self._backend()

    def _backend(self) -> ModuleType:
        from matplotlib.backend_bases import FigureManagerBase
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        class Canvas(FigureCanvasAgg):
            def start_event_loop(self, timeout: float = 0) -> None:
                """There is nobody to click or to press a key."""

        class Manager(FigureManagerBase):
            def show(self) -> None:
                figures._save([self])

            @classmethod
            def pyplot_show(cls, *, block: bool | None = None) -> None:
                from matplotlib import _pylab_helpers

                managers = _pylab_helpers.Gcf.get_all_fig_managers()
                figures._save(managers)
                if block is not False:  # a window would have been closed by hand
                    _pylab_helpers.Gcf.destroy_all()

        figures = self
        Canvas.manager_class = Manager
        backend = ModuleType(_BACKEND)
        backend.__dict__.update(FigureCanvas=Canvas, FigureManager=Manager)
        return backend

    def _save(self, managers: list[Any]) -> None:
        for manager in managers:
            if self._saved >= _MOST:
                return
            self._saved += 1
            self._folder.mkdir(exist_ok=True)
            manager.canvas.figure.savefig(self._folder / f"{self._saved:03d}.png")


def without_display() -> bool:
    """Whether Matplotlib has no screen to draw on."""
    if sys.platform == "darwin":
        return False
    return not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
