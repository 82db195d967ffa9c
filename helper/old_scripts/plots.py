"""Figures of a script without a display: files in the run directory instead of windows."""

from __future__ import annotations

import contextlib
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
    """A backend of Matplotlib. folder: where figures are saved when they would have been closed.

    That is after ``plt.show()``; for those that are shown without waiting (``figure.show()``,
    ``plt.pause``), when the script closes them or ends.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._saved = 0
        self._shown: list[Any] = []

    def install(self) -> dict[str, Change]:
        """Choose the backend; returns what is changed in Matplotlib when it is imported."""
        if not without_display():
            return {}
        os.environ["MPLBACKEND"] = f"module://{_BACKEND}"
        return {"matplotlib": self._change}

    def _change(self, matplotlib: Any) -> None:
        # A script that asks for a window gets the files as well.
        matplotlib.use = lambda *_, **__: None
        sys.modules[_BACKEND] = self._backend()

    def _backend(self) -> ModuleType:
        from matplotlib.backend_bases import FigureManagerBase
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        class Canvas(FigureCanvasAgg):
            __module__ = FigureCanvasAgg.__module__

            def start_event_loop(self, timeout: float = 0) -> None:
                """There is nobody to click or to press a key."""

        class Manager(FigureManagerBase):
            def show(self) -> None:
                figures._show(self)

            def destroy(self) -> None:
                figures._close(self)

            @classmethod
            def pyplot_show(cls, *, block: bool | None = None) -> None:
                from matplotlib import _pylab_helpers

                for manager in _pylab_helpers.Gcf.get_all_fig_managers():
                    manager.show()
                if block is not False:
                    _pylab_helpers.Gcf.destroy_all()

        figures = self
        setattr(Canvas, "manager_class", Manager)  # noqa: B010 - a property of the class
        backend = ModuleType(_BACKEND)
        backend.__dict__.update(FigureCanvas=Canvas, FigureManager=Manager)
        return backend

    def close(self) -> None:
        """Save what is still shown."""
        for manager in list(self._shown):
            self._close(manager)

    def _show(self, manager: Any) -> None:
        if manager not in self._shown:
            self._shown.append(manager)

    def _close(self, manager: Any) -> None:
        if manager not in self._shown:
            return
        self._shown.remove(manager)
        if self._saved < _MOST:
            self._saved += 1
            with contextlib.suppress(OSError):  # the run directory is gone, or the disk full
                self._folder.mkdir(exist_ok=True)
                manager.canvas.figure.savefig(self._folder / f"{self._saved:03d}.png")


def without_display() -> bool:
    """Whether Matplotlib has no screen to draw on."""
    if sys.platform == "darwin":
        return False
    return not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
