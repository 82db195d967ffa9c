"""A script becomes a run: everything that is prepared before it starts and written when it ends."""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from helper.command import note
from helper.files import write_atomically
from helper.old_scripts import launching, preparing
from helper.old_scripts.launching import Script
from helper.old_scripts.supervising import Report
from helper.recording import recorder as recording
from helper.recording.recorder import Recorder
from helper.runs.record import LONGEST_NAME, Status, Value

TOP = "v1"  # the directory below the log directory where the runs of scripts are
SCRIPT_FILE = "script.py"
_FLAG = re.compile(r"--?([A-Za-z][\w-]*)(?:=(.*))?", re.DOTALL)


@dataclass(frozen=True)
class Options:
    """What ``scripts/run_v1.py`` is told. data_dir: where MNIST is, instead of the cache."""

    logdir: Path
    run_name: str = ""
    curves: bool = True
    data_dir: str | None = None


def run(script: Script, options: Options, report: Report) -> int:
    """Run a script in this process and record it; returns its exit code.

    Raises UsageError for an invalid name, LabError if the run directory cannot be made.
    """
    recorder = recording.start(
        experiment_name(script.path),
        settings(script),
        logdir=options.logdir / TOP,
        run_name=options.run_name,
        argv=[str(script.path), *script.arguments],
        origin="script",
    )
    recorder.record.engine["script_sha256"] = sha256(script)
    report.run(recorder.path)
    ended = _Ended(recorder)
    atexit.register(ended)  # before those of the script, so that it is called after them
    with contextlib.suppress(OSError):
        write_atomically(
            recorder.path / SCRIPT_FILE, script.source.decode(errors="replace"), durable=False
        )
    ended.before = preparing.prepare(recorder, options.curves, options.data_dir)
    code, ended.status = launching.run(script, report.interrupted)
    return code


def experiment_name(path: Path) -> str:
    """The script's name as that of an experiment: without what a directory of runs cannot have."""
    name = re.sub(r"[^A-Za-z0-9._=,-]+", "_", path.stem).lstrip("._=,-")
    return name[:LONGEST_NAME] or "script"


def settings(script: Script) -> dict[str, Value]:
    """What the run is compared by: the script's flags, and which text it had: the first digits of
    its SHA-256."""
    found: dict[str, Value] = {}
    rest: list[str] = []
    arguments = list(script.arguments)
    while arguments:
        argument = arguments.pop(0)
        flag = _FLAG.fullmatch(argument)
        if flag is None:
            rest.append(argument)
        elif flag[2] is not None:
            found[flag[1]] = _value(flag[2])
        elif arguments and not _FLAG.fullmatch(arguments[0]):
            found[flag[1]] = _value(arguments.pop(0))
        else:
            found[flag[1]] = True
    if rest:
        found["arguments"] = " ".join(rest)
    return found | {"script": sha256(script)[:8]}


def sha256(script: Script) -> str:
    """Of the script's text, in hexadecimal."""
    return hashlib.sha256(script.source).hexdigest()


def _value(text: str) -> Value:
    for kind in (int, float):
        with contextlib.suppress(ValueError):
            return kind(text)
    return {"true": True, "false": False}.get(text.lower(), text)


class _Ended:
    """Ends the run when the process ends. status: how the script ended."""

    def __init__(self, recorder: Recorder) -> None:
        self.status = Status.FAILED
        self.before: Callable[[], None] | None = None
        self._recorder, self._process = recorder, os.getpid()

    def __call__(self) -> None:
        if os.getpid() != self._process:  # a child that the script forked
            return
        if self.before:
            self.before()
        self._recorder.end(self.status)
        record = self._recorder.record
        for fault in self._recorder.faults:
            note(fault)
        if "not_recorded" in record.engine:
            note(f"a part of the run was not recorded: {record.engine['not_recorded']}")
        if record.summaries_lost:
            note(f"{record.summaries_lost:,} summary values of the run were not written")
