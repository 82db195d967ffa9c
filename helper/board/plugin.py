"""The plugin and its addresses, all of them below data/plugin/graph_lab/.

TensorBoard waits for this module when it starts, so what answers is imported at the first request.
"""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tensorboard.backend import http_util
from tensorboard.plugins import base_plugin
from werkzeug import wrappers

if TYPE_CHECKING:
    from helper.board.routes import Routes

STATIC = Path(__file__).with_name("static")
NAMES = (
    "runs",
    "where",
    "record",
    "curves",
    "verdict",
    "confusion",
    "cell",
    "answers",
    "difference",
)
_ENTRY = "/static/index.js"
_KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


class GraphLabPlugin(base_plugin.TBPlugin):
    """The tab."""

    plugin_name = "graph_lab"

    def __init__(self, context: base_plugin.TBContext) -> None:
        self._logdir = context.logdir or ""
        self._lock = threading.Lock()
        self._routes: Routes | None = None
        self._prepared = False

    def get_plugin_apps(self) -> Mapping[str, Any]:
        """The WSGI applications by their addresses."""
        views = {f"/{name}": functools.partial(self._view, name) for name in NAMES}
        return {_ENTRY: self._entry, "/static/*": self._static, **views}

    def is_active(self) -> bool:
        """Always: without any run the tab says how to make one."""
        return True

    def frontend_metadata(self) -> base_plugin.FrontendMetadata:
        """A module of the page, in a frame of its own that stays when the tab is left."""
        return base_plugin.FrontendMetadata(es_module_path=_ENTRY, tab_name="Graph Lab")

    def data_plugin_names(self) -> tuple[str, ...]:
        """None: what it shows it reads itself."""
        return ()

    def _view(self, name: str, environ: Any, start_response: Any) -> Any:
        return self._answering().applications[name](environ, start_response)

    def _entry(self, environ: Any, start_response: Any) -> Any:
        """The page's first file. While the browser fetches the others, the runs are read."""
        if not self._prepared:
            self._prepared = True
            threading.Thread(target=lambda: self._answering().prepare(), daemon=True).start()
        return self._static(environ, start_response)

    def _answering(self) -> Routes:
        with self._lock:
            if self._routes is None:
                from helper.board.routes import Routes

                self._routes = Routes(self._logdir)
            return self._routes

    @staticmethod
    @wrappers.Request.application
    def _static(request: wrappers.Request) -> wrappers.Response:
        """A file of the page. Its name is looked up in the package, and never used as a path."""
        wanted = request.path.rpartition("/static/")[2]
        for name in os.listdir(STATIC):
            if name == wanted and Path(name).suffix in _KINDS:
                kind = _KINDS[Path(name).suffix]
                return http_util.Respond(request, (STATIC / name).read_bytes(), kind)
        return http_util.Respond(request, "there is no such file", "text/plain", code=404)
