"""The name of a new run, which follows its number: what sets it apart, in the room there is."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from helper.runs.directory import FLAGS_FILE
from helper.runs.record import LONGEST_NAME

_UNFIT = re.compile(r"[^A-Za-z0-9._=,-]")
# The most characters of a value, and of each word of a flag's name; the first that fit are taken.
_ROOM = ((None, None), (32, None), (20, None), (12, None), (12, 4), (12, 3))


def compose(settings: Mapping[str, Any], presets: Sequence[Path] = ()) -> str:
    """The names of the presets, then "flag=value" for each setting, separated by commas.

    Where that is longer than a name may be, long values are shortened in the middle, and then the
    words of the flags' names at their ends. What does not fit even so is counted at the end, as in
    "…,and-2-more". Characters that names cannot have become underscores.
    """
    lead = [_plain(path.stem).lstrip("._=,-") for path in presets]
    parts: list[str] = []
    for value_room, word_room in _ROOM:
        parts = [_shortened(name, value_room) for name in lead if name]
        parts += [_part(flag, value, value_room, word_room) for flag, value in settings.items()]
        if len(",".join(parts)) <= LONGEST_NAME:
            break
    return _counted(parts).lstrip("._=,-")


def presets(argv: Sequence[str]) -> list[Path]:
    """The flag files that a command line gives, without pipes, and without those that a run left:
    they repeat it."""
    paths = map(Path, _flag_files(argv))
    return [path for path in paths if path.name != FLAGS_FILE and path.is_file()]


def _flag_files(argv: Sequence[str]) -> Iterator[str]:
    for word, following in itertools.zip_longest(argv, argv[1:], fillvalue=""):
        flag, equals, value = word.partition("=")
        if flag in ("--flagfile", "-flagfile"):
            yield value if equals else following


def _part(flag: str, value: Any, value_room: int | None, word_room: int | None) -> str:
    text = ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
    words = "_".join(_cut(word, word_room) for word in _plain(flag).split("_"))
    return f"{words}={_shortened(_plain(text), value_room)}"


def _cut(word: str, room: int | None) -> str:
    """The beginning of a word; a word that would lose only one letter stays whole."""
    return word if room is None or len(word) <= room + 1 else word[:room]


def _counted(parts: list[str]) -> str:
    """As many parts as there is room for, and the number of those that are left."""
    name = ",".join(parts)
    kept = len(parts)
    while len(name) > LONGEST_NAME and kept:
        kept -= 1
        name = ",".join([*parts[:kept], f"and-{len(parts) - kept}-more"])
    return name


def _plain(text: str) -> str:
    return _UNFIT.sub("_", text)


def _shortened(text: str, room: int | None) -> str:
    if room is None or len(text) <= room:
        return text
    head = (room - 1) // 2
    return f"{text[:head]}..{text[head + 2 - room :]}"
