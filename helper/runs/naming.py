"""The names of runs: how a person says which run is meant, the same way in every command.

==========================  ====================================================================
``logs/softmax/0002-mine``  a path
``softmax/0002-mine``       a path from the log directory
``softmax/2``               its number; ``softmax/0002`` and ``logs/softmax/2`` work as well
``softmax/latest``          the run of that experiment with the highest number
``2``, ``latest``           the same where the experiment is known: ``--resume`` knows it, and so
                            does a log directory that has only one
==========================  ====================================================================

Of several experiments, ``latest`` is the run that was started last: the records of the runs with
the highest numbers are compared. The times of files decide nothing, as copying and renaming
change them.
"""

from __future__ import annotations

import difflib
import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from helper.errors import UsageError
from helper.loading import Damaged
from helper.runs import record
from helper.runs.directory import LOCK_FILE, number
from helper.runs.record import RECORD_FILE

LATEST = "latest"
FORMS = "a path, softmax/0002, softmax/2, 2 or latest"  # for --help
_MOST_SUGGESTIONS = 3


def find(name: str, logdir: Path, experiment: str | None = None) -> Path:
    """The directory of the run that is meant. experiment: where runs named by number alone are.

    Raises UsageError, with the names of runs that are close, if there is no such run.
    """
    found = match(name, logdir, experiment)
    if found is None:
        raise UsageError(no_run(name, logdir, experiment))
    return found


def match(name: str, logdir: Path, experiment: str | None = None) -> Path | None:
    """As `find`, but None if there is no such run.

    Raises UsageError if two runs of one experiment have the number.
    """
    parent, last = os.path.split(os.path.expanduser(name).rstrip("/"))
    if not last:
        return None
    if last == LATEST and not parent:
        known = [logdir / experiment] if experiment else [logdir, *_experiments(logdir)]
        return max(filter(None, map(_newest, known)), key=_started, default=None)
    for place in _places(parent, logdir, experiment):
        found = _newest(place) if last == LATEST else _called(last, place)
        if found is not None:
            return found
    return None


def no_run(name: str, logdir: Path, experiment: str | None = None) -> str:
    """The line for a name, or a pattern, that matches no run."""
    name = name or "an empty name"
    if not logdir.is_dir():
        return f"{name} matches no run, and there is no log directory {logdir}; check --logdir"
    place = logdir / experiment if experiment else logdir
    close = _close(name, logdir, experiment)
    question = f"; did you mean {_or(close)}?" if close else ""
    return f"{name} matches no run, neither here nor in {place}{question}"


def _places(parent: str, logdir: Path, experiment: str | None) -> Iterator[Path]:
    """The directories where a run may be, the first one first."""
    yield Path(parent)
    if experiment and not parent:
        yield logdir / experiment
    yield logdir / parent
    if not (experiment or parent):
        experiments = list(_experiments(logdir))
        if len(experiments) == 1:
            yield experiments[0]


def _called(name: str, directory: Path) -> Path | None:
    """The run in a directory that has this name, or this number."""
    if _is_run(directory / name):
        return directory / name
    if not name.isdecimal():
        return None
    digits = name.lstrip("0")  # as text: it may have more digits than an int can be read from
    found = [path for path in _runs(directory) if str(number(path)) == digits]
    if len(found) > 1:
        names = _or([f"{path.parent.name}/{path.name}" for path in sorted(found)])
        raise UsageError(f"the number {name} is that of {names}; write the whole name")
    return found[0] if found else None


def _newest(directory: Path) -> Path | None:
    """The run with the highest number, without directories whose run never began."""
    begun = (path for path in _runs(directory) if (path / RECORD_FILE).exists())
    return max(begun, key=lambda path: (number(path), path.name), default=None)


def _started(path: Path) -> str:
    """When a run was started, as its record says: ISO 8601, or "" where that cannot be read."""
    try:
        return record.load(path).started or ""
    except Damaged:
        return ""


def _experiments(logdir: Path) -> Iterator[Path]:
    """The directories below the log directory that have runs: v1/… is one level deeper."""
    for path in _directories(logdir):
        if path.is_symlink() or _is_run(path):
            continue
        if any(_runs(path)):
            yield path
        else:
            for inner in _directories(path):
                if not inner.is_symlink() and any(_runs(inner)):
                    yield inner


def _runs(directory: Path) -> Iterator[Path]:
    return filter(_is_run, _directories(directory))


def _directories(directory: Path) -> Iterator[Path]:
    try:
        entries = sorted(os.listdir(directory))
    except OSError:
        return
    for name in entries:
        if not name.startswith(".") and os.path.isdir(directory / name):
            yield directory / name


def _is_run(path: Path) -> bool:
    """Whether a run began here, or was about to: there is a record, or only the lock."""
    return any(os.path.lexists(path / file) for file in (RECORD_FILE, LOCK_FILE))


def _close(name: str, logdir: Path, experiment: str | None) -> list[str]:
    """What may have been meant: names of runs, or of experiments, that look alike."""
    parent, last = os.path.split(name)
    parent = parent or experiment or ""
    written = f"{last:0>4}" if last.isdecimal() else last
    meant = defaultdict(list, {LATEST: [LATEST]})
    for directory in _experiments(logdir):
        below = directory.relative_to(logdir).as_posix()
        before = f"{below}/" if parent else ""
        meant[below].append(below)
        meant[f"{before}{LATEST}"].append(f"{below}/{LATEST}")
        for path in _runs(directory):
            for form in {path.name, f"{number(path):04d}"}:
                meant[f"{before}{form}"].append(f"{below}/{path.name}")
    typed = f"{parent}/{written}" if parent else written
    # What begins so is closer than what looks alike: a name cut short, a number of two experiments.
    alike = [form for form in meant if typed and form.startswith(typed)]
    alike = alike or difflib.get_close_matches(typed, meant, cutoff=0.7)
    found = dict.fromkeys(full for form in alike for full in meant[form])
    return list(found)[:_MOST_SUGGESTIONS]


def _or(names: list[str]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))
