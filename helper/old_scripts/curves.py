"""The numbers that a script fetches with ``Session.run``, as curves of its run."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from helper.old_scripts import steps
from helper.old_scripts.plans import Plan, Plans
from helper.old_scripts.points import Curve
from helper.old_scripts.sink import Sink

_SECONDS = 1.0  # between two writes


class Curves:
    """sink: takes the points, and the graph that is trained first. split: says what was fed. taken:
    the tags that a graph's own summaries have. wanted: False counts the steps and nothing else."""

    def __init__(
        self,
        sink: Sink,
        split: Callable[[Any], str],
        taken: Callable[[Any], Collection[str]],
        wanted: bool = True,
    ) -> None:
        self.steps = steps.TrainingSteps()
        self.fault = ""
        self._sink, self._split = sink, split
        self._wanted = wanted
        self._plans = Plans(taken)
        self._curves: dict[tuple[str, str], Curve] = {}
        self._written = time.monotonic()
        self._process = os.getpid()

    def install(self) -> None:
        """See every ``Session.run`` from now on."""
        from tensorflow.python.client.session import BaseSession

        plain = BaseSession.run

        @functools.wraps(plain)
        def run(
            session: Any,
            fetches: Any,
            feed_dict: Any = None,
            options: Any = None,
            run_metadata: Any = None,
        ) -> Any:
            result = plain(session, fetches, feed_dict, options, run_metadata)
            if not self.fault:
                try:
                    self._ran(session, fetches, feed_dict, result, plain)
                except Exception as error:  # whatever it is, the script goes on
                    self.fault = f"no more curves: {type(error).__name__}: {error}"
            return result

        BaseSession.run = run

    def flush(self) -> None:
        """Write the points so far."""
        if os.getpid() != self._process:  # a child that the script forked
            return
        self._written = time.monotonic()
        for (split, tag), curve in list(self._curves.items()):
            points, curve.points = curve.points, []
            for step, value in points:
                self._sink.scalars(split, step, {tag: value})
        if self.steps.step:
            self._sink.reached(self.steps.step)

    def close(self) -> None:
        """Write all points, also those whose mean is of fewer numbers."""
        for curve in self._curves.values():
            curve.end_point()
        self.flush()

    def _ran(self, session: Any, fetches: Any, feed: Any, result: Any, plain: Any) -> None:
        plan = self._plans.get(session, fetches)
        if plan is None:
            return
        if plan.trains:
            restored = 0
            if not self.steps.step:
                for curve in self._curves.values():
                    curve.untrained()
            if self.steps.is_new(session.graph):
                self._sink.graph(session.graph)
                restored = max(steps.global_step(session, plain) - 1, 0)
            self.steps.trained(plan.trains, restored)
        if plan.numbers and self._wanted:
            self._keep(plan, feed, result)
        if self.steps.step and time.monotonic() - self._written > _SECONDS:
            self.flush()

    def _keep(self, plan: Plan, feed: Any, result: Any) -> None:
        split = self._split(feed) if feed else "train"
        for path, tag in plan.numbers:
            value = result
            for part in path:
                value = value[part]
            if isinstance(value, (np.floating, np.integer)):
                if (split, tag) not in self._curves:
                    self._curves[split, tag] = Curve()
                self._curves[split, tag].add(self.steps.step or None, float(value))
