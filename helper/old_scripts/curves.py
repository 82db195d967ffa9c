"""The numbers that a script fetches with ``Session.run``, as curves of its run.

A script may fetch a number at every step. Up to 1,000 points a curve has every one of them; then a
point is the mean of 2, 5, 10, 20, … numbers, so that a long curve costs no more than a short one.
"""

from __future__ import annotations

import functools
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

import numpy as np
import tensorflow

from helper.files import PROJECT_ROOT
from helper.old_scripts import names, steps
from helper.old_scripts.names import Path

_EVERY_POINT = 1_000
_SECONDS = 1.0  # between two writes
_MOST_PLANS = 1_000  # places in a script where it fetches; more means that it makes graphs in a loop
_NOT_THE_SCRIPT = (
    os.path.dirname(tensorflow.__file__) + os.sep,
    str(PROJECT_ROOT / "helper") + os.sep,
)

Write = Callable[[str, int, dict[str, float]], None]
Splits = Callable[[Any], str]


@dataclass(frozen=True)
class Plan:
    """What to do with the result of one call: where its numbers are and what they are called, and
    the training operations that it runs. fetches: kept so that their ids stay theirs."""

    numbers: tuple[tuple[Path, str], ...]
    trains: tuple[Any, ...]
    fetches: Any


class Curve:
    """The points of one curve that are not written yet, and the mean of the numbers since.

    Numbers of one step are one number, their mean: an evaluation may be made in batches.
    """

    def __init__(self) -> None:
        self.points: list[tuple[int, float]] = []
        self._step = -1
        self._steps = self._numbers = self._count = 0
        self._sum = 0.0
        self._every = 1

    def add(self, step: int | None, value: float) -> None:
        """step: None where nothing was trained yet; the numbers are then counted."""
        if step is None:
            step = self._step + 1
        if step != self._step:
            if self._steps >= self._every:
                self.end_point()
            self._step = step
            self._steps += 1
        self._sum += value
        self._numbers += 1

    def end_point(self) -> None:
        """Make a point of what has come since the last one."""
        if not self._numbers:
            return
        self.points.append((self._step, self._sum / self._numbers))
        self._sum, self._steps, self._numbers = 0.0, 0, 0
        self._count += 1
        if self._count >= _EVERY_POINT:
            self._count //= 2
            self._every = self._every * 5 // 2 if str(self._every)[0] == "2" else self._every * 2

    def untrained(self) -> None:
        """What was counted until now was all at step 0."""
        self.end_point()
        if self.points:
            values = [value for _, value in self.points]
            self.points = [(0, sum(values) / len(values))]
            self._step = 0


class Curves:
    """write: takes the points. split: says what was fed. before_training: called once, with the
    session, before the first step is counted. wanted: False counts the steps and nothing else."""

    def __init__(
        self,
        write: Write,
        split: Splits,
        before_training: Callable[[Any], None],
        wanted: bool = True,
    ) -> None:
        self.steps = steps.TrainingSteps()
        self.fault = ""
        self._write, self._split, self._before_training = write, split, before_training
        self._wanted = wanted
        self._plans: dict[Any, Plan] = {}
        self._curves: dict[tuple[str, str], Curve] = {}
        self._is_script: dict[CodeType, bool] = {}
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
                self._write(split, step, {tag: value})

    def close(self) -> None:
        """Write all points, also those whose mean is of fewer numbers."""
        for curve in self._curves.values():
            curve.end_point()
        self.flush()

    def _ran(self, session: Any, fetches: Any, feed: Any, result: Any, plain: Any) -> None:
        frame = self._caller()
        if frame is None:
            return
        key = (frame.f_code, frame.f_lasti, _identity(fetches))
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= _MOST_PLANS:
                self._plans.clear()
            plan = self._plans[key] = _plan(session, fetches, frame)
        if plan.trains:
            restored = 0
            if not self.steps.step:
                for curve in self._curves.values():
                    curve.untrained()
            if self.steps.is_new(session.graph):
                self._before_training(session)
                restored = max(steps.global_step(session, plain) - 1, 0)
            self.steps.trained(plan.trains, restored)
        if not (plan.numbers and self._wanted):
            return
        split = self._split(feed) if feed else "train"
        for path, tag in plan.numbers:
            value = result
            for part in path:
                value = value[part]
            if isinstance(value, (np.floating, np.integer)):
                curve = self._curves.get((split, tag))
                if curve is None:
                    curve = self._curves[split, tag] = Curve()
                curve.add(self.steps.step or None, float(value))
        if self.steps.step and time.monotonic() - self._written > _SECONDS:
            self.flush()

    def _caller(self) -> FrameType | None:
        """The innermost frame of the script itself."""
        frame: FrameType | None = sys._getframe(3)
        while frame is not None:
            code = frame.f_code
            known = self._is_script.get(code)
            if known is None:
                known = not code.co_filename.startswith((*_NOT_THE_SCRIPT, "<frozen"))
                self._is_script[code] = known
            if known:
                return frame
            frame = frame.f_back
        return None


def _identity(fetches: Any) -> Any:
    if type(fetches) in (list, tuple):
        return tuple([_identity(each) for each in fetches])
    if type(fetches) is dict:
        return tuple([(key, _identity(each)) for key, each in fetches.items()])
    return fetches if type(fetches) is str else id(fetches)


def _plan(session: Any, fetches: Any, frame: FrameType) -> Plan:
    numbers: dict[str, tuple[Path, Any]] = {}
    trains = []
    for path, fetch in _leaves(fetches, ()):
        try:
            element = session.graph.as_graph_element(fetch)
        except (TypeError, ValueError, KeyError):  # a sparse tensor, for one
            continue
        operation = getattr(element, "op", element)
        if steps.trains(operation):
            trains.append(operation)
        dtype = getattr(element, "dtype", None)
        if dtype is None or not (dtype.is_floating or dtype.is_integer):
            continue
        if element.shape.ndims not in (0, None) or operation.name == "global_step":
            continue
        tag = names.name(frame, fetch, element, path)
        if tag in numbers and numbers[tag][1] is not element:
            tag = operation.name
        numbers.setdefault(tag, (path, element))
    found = tuple((path, tag) for tag, (path, _) in numbers.items())
    return Plan(found, tuple(dict.fromkeys(trains)), fetches)


def _leaves(fetches: Any, path: Path) -> list[tuple[Path, Any]]:
    if isinstance(fetches, (list, tuple)):
        pairs: Any = enumerate(fetches)
    elif isinstance(fetches, dict):
        pairs = fetches.items()
    else:
        return [(path, fetches)]
    return [leaf for key, each in pairs for leaf in _leaves(each, (*path, key))]
