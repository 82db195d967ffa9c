"""The directory in which a hostile case happens, what it may change there, and how it is judged."""

from __future__ import annotations

import fnmatch
import hashlib
import os
import re
import shlex
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.command_server import CommandServer, Done

# The runs that every case finds in its directory; the first is the one that is made bad.
BAD, GOOD, OTHER = "logs/softmax/0001", "logs/softmax/0002-seed=1", "logs/mlp/0001"
# What a terminal obeys. The outputs of commands are redirected, so no style has a place in them.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

Spoil = Callable[[Path], object]


class Case(NamedTuple):
    """What is done, and what must come of it.

    spoil: called with the directory before. command: as typed in a shell. code: the exit code.
    says: a regular expression that standard error must match; where it is empty, standard error
    must be, too. shows: one that standard output must match. changes: patterns of the paths that
    may be made, changed or removed; all other paths must be as they were.
    """

    name: str
    spoil: Spoil | None
    command: str
    code: int
    says: str = ""
    shows: str = ""
    changes: Sequence[str] = ()


def snapshot(folder: Path) -> dict[str, object]:
    """What is at every path below a directory: the content of files, where links lead, kinds."""
    found: dict[str, object] = {}
    for walked, directories, files in os.walk(folder):
        for name in (*directories, *files):
            path = os.path.join(walked, name)
            status = os.lstat(path)
            content: object = stat.S_IFMT(status.st_mode)
            if stat.S_ISLNK(status.st_mode):
                content = os.readlink(path)
            elif stat.S_ISREG(status.st_mode):
                content = (status.st_size, status.st_mtime_ns)
                if status.st_size < 1 << 20:
                    content = hashlib.sha256(Path(path).read_bytes()).hexdigest()
            found[os.path.relpath(path, folder)] = content
    return found


def changed(before: dict[str, object], after: dict[str, object]) -> list[str]:
    return sorted(p for p in before.keys() | after.keys() if before.get(p) != after.get(p))


def check(case: Case, server: CommandServer, folder: Path, **options) -> Done:
    """Do it, and compare all that came of it with what must."""
    if case.spoil:
        case.spoil(folder)
    before = snapshot(folder.parent)
    done = server.run(shlex.split(case.command), folder, **options)
    told = f"{case.command}\nexit code {done.code}\n{done.stdout}\n{done.stderr}"
    assert done.code == case.code, told
    check_output(done)
    assert re.search(case.says, done.stderr) if case.says else not done.stderr, told
    if case.code in (1, 2):
        assert done.stderr.startswith("error: ") or "\nerror: " in done.stderr, told
    assert re.search(case.shows, done.stdout), told
    below = folder.name
    left = [
        path
        for path in changed(before, snapshot(folder.parent))
        if not any(fnmatch.fnmatch(path, f"{below}/{pattern}") for pattern in case.changes)
    ]
    assert not left, f"{told}\nleft behind or lost: {left}"
    return done


def check_output(done: Done) -> None:
    """No traceback, and nothing that a terminal obeys; the whole without end or waste."""
    for text in (done.stdout, done.stderr):
        assert "Traceback" not in text, text
        assert not _CONTROL.search(text), repr(text)
        assert len(text) < 1 << 20
    for line in done.stderr.splitlines():
        assert len(line) < 2_000, line
