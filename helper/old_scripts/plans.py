"""What a call of ``Session.run`` in a script asks for: its numbers, and whether it trains."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

import tensorflow

from helper.files import PROJECT_ROOT
from helper.old_scripts import names, steps
from helper.old_scripts.names import Path

_OF_CALLER = "caller"  # the key of what the script fetches from a MonitoredSession
_MOST = 1_000  # places in a script where it fetches; more means that it makes graphs in a loop
_NOT_THE_SCRIPT = (
    os.path.dirname(tensorflow.__file__) + os.sep,
    str(PROJECT_ROOT / "helper") + os.sep,
    "<frozen",
)


@dataclass(frozen=True)
class Plan:
    """What to do with the result of one call: where its numbers are and what they are called, and
    the training operations that it runs. fetches: kept so that their ids stay theirs."""

    numbers: tuple[tuple[Path, str], ...]
    trains: tuple[Any, ...]
    fetches: Any


class Plans:
    """Makes a plan for each place in a script and what it fetches there, once.

    taken: gives the tags of a graph's own summaries, which no curve must have as well.
    """

    def __init__(self, taken: Callable[[Any], Collection[str]]) -> None:
        self._taken = taken
        self._plans: dict[Any, Plan] = {}
        # By id: the hash of a code object takes long. They are kept, so that ids stay theirs.
        self._is_script: dict[int, tuple[bool, CodeType]] = {}

    def get(self, session: Any, fetches: Any) -> Plan | None:
        """The plan for this call; None if it is not the script that calls."""
        frame = self._caller()
        if frame is None:
            return None
        key = (id(frame.f_code), frame.f_lasti, _identity(fetches))
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= _MOST:
                self._plans.clear()
            plan = self._plans[key] = _plan(session, fetches, frame, self._taken)
        return plan

    def _caller(self) -> FrameType | None:
        """The innermost frame of the script itself."""
        frame: FrameType | None = sys._getframe(2)
        while frame is not None:
            code = frame.f_code
            known = self._is_script.get(id(code))
            if known is None:
                known = (not code.co_filename.startswith(_NOT_THE_SCRIPT), code)
                self._is_script[id(code)] = known
            if known[0]:
                return frame
            frame = frame.f_back
        return None


def _identity(fetches: Any) -> Any:
    if type(fetches) in (list, tuple):
        return tuple([_identity(each) for each in fetches])
    if type(fetches) is dict:
        return tuple([(key, _identity(each)) for key, each in fetches.items()])
    return fetches if type(fetches) is str else id(fetches)


def _plan(
    session: Any, fetches: Any, frame: FrameType, taken: Callable[[Any], Collection[str]]
) -> Plan:
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
        if path[:1] != (_OF_CALLER,) and type(fetches) is dict and _OF_CALLER in fetches:
            continue  # what the hooks of a MonitoredSession fetch
        own = path[1:] if path[:1] == (_OF_CALLER,) else path
        tag = names.name(frame, fetch, element, own)
        if tag in numbers and numbers[tag][1] is not element:
            tag = operation.name
        if tag in taken(session.graph):
            tag = f"fetched/{tag}"
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
