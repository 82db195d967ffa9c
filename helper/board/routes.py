"""What answers at each address."""

from __future__ import annotations

import contextlib
import functools
import threading
from typing import Any

from helper.board import (
    answers_view,
    confusion_view,
    curves_view,
    difference_view,
    networks,
    verdict_view,
)
from helper.board.catalogue import Catalogue
from helper.board.requests import Body, get, post
from helper.board.runs_view import RunsView
from helper.comparing.scipy_stats import scipy_stats
from helper.errors import LabError

_AFTER_SECONDS = 1.0  # when the page is drawn


class Routes:
    """applications: WSGI applications, by the last part of their addresses."""

    def __init__(self, logdir: str) -> None:
        runs, known = Catalogue(logdir), networks.Networks()
        table, on = RunsView(runs), functools.partial
        self._table = table
        self._warm = threading.Timer(_AFTER_SECONDS, _warm_up)
        self._warm.daemon = True
        self._start = threading.Lock()
        self.applications = {
            "runs": get(self._runs),
            "where": get(table.where),
            "record": get(table.record),
            "curves": post(on(curves_view.curves, runs)),
            "verdict": post(on(verdict_view.verdict, runs)),
            "confusion": post(on(confusion_view.confusion, runs)),
            "cell": post(on(confusion_view.cell, runs, known)),
            "answers": post(on(answers_view.answers, runs, known)),
            "difference": post(on(difference_view.differences, runs)),
        }

    def prepare(self) -> None:
        """Read the runs, so that the first table waits for little."""
        self._table.runs({})

    def _runs(self, body: Body) -> dict[str, Any]:
        found = self._table.runs(body)
        # While the table is looked at, what the other views need is imported.
        if self._start.acquire(blocking=False):
            self._warm.start()
        return found


def _warm_up() -> None:
    with contextlib.suppress(LabError):  # the view that needs it will say so
        scipy_stats()
    networks.import_tensorflow()
