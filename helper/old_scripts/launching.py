"""Run a script as ``__main__``, as ``python SCRIPT`` would: its arguments, its tracebacks."""

from __future__ import annotations

import builtins
import importlib.machinery
import itertools
import os
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from helper.command import fail
from helper.errors import LabError, UsageError, printable
from helper.files import PROJECT_ROOT
from helper.old_scripts import unsupported
from helper.runs.record import Status

_MOST_BYTES = 16 << 20


@dataclass(frozen=True)
class Script:
    """A script to run. path: absolute. arguments: its own. source: as it was when it was read."""

    path: Path
    arguments: tuple[str, ...]
    source: bytes


def read(name: str, arguments: Sequence[str]) -> Script:
    """The script with this path. Raises UsageError if it is no Python file that can be read."""
    path = Path(os.path.abspath(os.path.expanduser(name)))
    if path.suffix == ".ipynb":
        raise UsageError(
            f"{name} is a notebook, which is not supported; write its code to a file with "
            "jupyter nbconvert --to script"
        )
    if not path.is_file():
        what = "is not a file" if path.exists() else "does not exist"
        raise UsageError(f"the script {name} {what}")
    try:
        with open(path, "rb") as file:
            source = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot read the script {name}: {error.strerror or error}") from None
    if b"\0" in source or len(source) > _MOST_BYTES:
        raise UsageError(f"{name} is not a Python script")
    return Script(path, tuple(arguments), source)


def run(script: Script, interrupted: Callable[[], None]) -> tuple[int, Status]:
    """Run it in this process, in its own directory; returns its exit code and the status of its
    run.

    interrupted: called if Ctrl-C ended it.
    """
    _become(script)
    try:
        code = compile(script.source, str(script.path), "exec", dont_inherit=True)
        exec(code, sys.modules["__main__"].__dict__)
    except SystemExit as end:
        done = not end.code
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        number = end.code if isinstance(end.code, int) else int(not done)
        return number & 0xFF, Status.COMPLETED if done else Status.FAILED
    except KeyboardInterrupt as error:
        _show(error)
        interrupted()
        return 130, Status.INTERRUPTED
    except LabError as error:  # MNIST is not there
        return fail(error), Status.FAILED
    except BaseException as error:
        why = unsupported.explanation(error)
        if why:
            return fail(f"{_place(error, script)}: {why}"), Status.FAILED
        _show(error)
        return 1, Status.FAILED
    return 0, Status.COMPLETED


def _become(script: Script) -> None:
    path = str(script.path)
    os.chdir(script.path.parent)
    sys.argv = [path, *script.arguments]
    ours = {str(PROJECT_ROOT), str(PROJECT_ROOT / "scripts")}
    while sys.path and sys.path[0] in ours:
        del sys.path[0]
    sys.path.insert(0, str(script.path.parent))
    if any((script.path.parent / name).exists() for name in ("helper", "helper.py")):
        # The script means its own. Nothing here imports any more of ours by name.
        for name in [name for name in sys.modules if name.partition(".")[0] == "helper"]:
            del sys.modules[name]
    module = types.ModuleType("__main__")
    module.__dict__.update(
        __file__=path,
        __builtins__=builtins,
        __cached__=None,
        __loader__=importlib.machinery.SourceFileLoader("__main__", path),
    )
    sys.modules["__main__"] = module


def _show(error: BaseException) -> None:
    """Print the traceback as Python does, through ``sys.excepthook``, without our own frames."""
    for each in _chain(error):
        each.__traceback__ = _without_ours(each.__traceback__)
    sys.excepthook(type(error), error, error.__traceback__)


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop()
        if one is not None and one not in seen:
            seen.append(one)
            todo += [one.__cause__, one.__context__]
            yield one


def _without_ours(trace: types.TracebackType | None) -> types.TracebackType | None:
    kept: list[types.TracebackType] = []
    while trace is not None:
        if not trace.tb_frame.f_code.co_filename.startswith(f"{PROJECT_ROOT / 'helper'}{os.sep}"):
            kept.append(trace)
        trace = trace.tb_next
    for one, after in itertools.zip_longest(kept, kept[1:]):
        one.tb_next = after
    return kept[0] if kept else None


def _place(error: BaseException, script: Script) -> str:
    """Where in the script it happened: its name and the line."""
    line = error.lineno if isinstance(error, SyntaxError) else None
    trace = error.__traceback__
    file = script.path.name
    while trace is not None and not isinstance(error, SyntaxError):
        if trace.tb_frame.f_code.co_filename == str(script.path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return printable(file) + (f", line {line}" if line else "")
