"""The plugin and its addresses, all of them below data/plugin/graph_lab/."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tensorboard.backend import http_util
from tensorboard.plugins import base_plugin
from werkzeug import wrappers

from helper.board import (
    answers_view,
    confusion_view,
    curves_view,
    difference_view,
    verdict_view,
)
from helper.board.catalogue import Catalogue
from helper.board.networks import Networks
from helper.board.requests import get, post
from helper.board.runs_view import RunsView

STATIC = Path(__file__).with_name("static")
_ENTRY = "/static/index.js"
_KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


class GraphLabPlugin(base_plugin.TBPlugin):
    """The tab."""

    plugin_name = "graph_lab"

    def __init__(self, context: base_plugin.TBContext) -> None:
        self._catalogue = Catalogue(context.logdir or "")
        self._networks = Networks()

    def get_plugin_apps(self) -> Mapping[str, Any]:
        """The WSGI applications by their addresses."""
        own, networks = self._catalogue, self._networks
        runs, on = RunsView(own), functools.partial
        return {
            _ENTRY: self._static,
            "/static/*": self._static,
            "/runs": get(runs.runs),
            "/where": get(runs.where),
            "/record": get(runs.record),
            "/curves": post(on(curves_view.curves, own)),
            "/verdict": post(on(verdict_view.verdict, own)),
            "/confusion": post(on(confusion_view.confusion, own)),
            "/cell": post(on(confusion_view.cell, own, networks)),
            "/answers": post(on(answers_view.answers, own, networks)),
            "/difference": post(on(difference_view.differences, own)),
        }

    def is_active(self) -> bool:
        """Always: without any run the tab says how to make one."""
        return True

    def frontend_metadata(self) -> base_plugin.FrontendMetadata:
        """A module of the page, in a frame of its own that stays when the tab is left."""
        return base_plugin.FrontendMetadata(es_module_path=_ENTRY, tab_name="Graph Lab")

    def data_plugin_names(self) -> tuple[str, ...]:
        """None: what it shows it reads itself."""
        return ()

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
