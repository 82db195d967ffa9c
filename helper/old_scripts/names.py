"""What a script calls a value that it fetches: the names of its curves.

First the variable that holds the fetched tensor (``cost`` in ``sess.run([train, cost])``), a local
one before a global one before an attribute (``self.cost``); then the variable that receives the
value (``c = sess.run("cost:0")``); then the node of the graph.
"""

from __future__ import annotations

import ast
import functools
import linecache
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any

Path = tuple[Any, ...]  # where a value is in what was fetched: indices and keys


def name(frame: FrameType, fetch: Any, tensor: Any, path: Path) -> str:
    """The name of one fetched value.

    frame: of the script's call. fetch: what it asked for; tensor: what that stands for.
    """
    wanted = [fetch, tensor] if not isinstance(fetch, str) else [tensor]
    holders = (_holder(frame, one) for one in wanted)
    keys = [key for key in path if isinstance(key, str)]
    found = next(filter(None, holders), None) or (keys[-1] if keys else None)
    return found or _receiver(frame, path) or tensor.op.name


def _holder(frame: FrameType, wanted: Any) -> str | None:
    places: list[Mapping[str, Any]] = [frame.f_locals, frame.f_globals]
    places += [vars(value) for value in list(frame.f_locals.values()) if _has_attributes(value)]
    for place in places:
        for key, value in list(place.items()):
            if value is wanted and isinstance(key, str) and not key.startswith("_"):
                return key
    return None


def _has_attributes(value: Any) -> bool:
    """Whether this is an object of the script's own: those have few attributes."""
    return type(value).__module__ == "__main__" and hasattr(value, "__dict__")


def _receiver(frame: FrameType, path: Path) -> str | None:
    for target in _targets(frame.f_code.co_filename).get(frame.f_lineno, ()):
        node: ast.expr | None = target
        for key in path:
            inside = isinstance(node, (ast.Tuple, ast.List)) and isinstance(key, int)
            node = node.elts[key] if inside and key < len(node.elts) else None  # type: ignore[union-attr]
        found = getattr(node, "id", None) or getattr(node, "attr", None)
        if found and not found.startswith("_"):
            return found
    return None


@functools.cache
def _targets(filename: str) -> dict[int, list[ast.expr]]:
    """By line: the left sides of the assignments of a call's result."""
    found: dict[int, list[ast.expr]] = {}
    try:
        tree = ast.parse("".join(linecache.getlines(filename)))
    except (SyntaxError, ValueError):
        return found
    for target, node in _assignments(tree):
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1):
            found.setdefault(line, []).append(target)
    return found


def _assignments(tree: ast.AST) -> Iterator[tuple[ast.expr, ast.stmt]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            yield node.targets[0], node
        elif isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Call):
            yield node.target, node
