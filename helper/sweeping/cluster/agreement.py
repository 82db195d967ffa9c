"""What must be equal on both sides for a run to be the same run: versions, code, data."""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path

from absl import flags

from helper.data import datasets
from helper.errors import LabError
from helper.files import PROJECT_ROOT
from helper.loading import Damaged, read_regular
from helper.runs import processor
from helper.runs.commit import commit
from helper.sweeping.cluster.orders import Place, Source

SEES, BITS = "sees the log directory", "bits"
CODE = "the project's code"
SHARED, UNLOCKED = "yes", "without its locks"  # values of SEES; any other means no
_PACKAGES = ("tensorflow", "numpy", "distributed")
_FILES = ("helper/**/*.py", "experiments/**/*.py", "experiments/**/*.flags")
_LONGEST = 200

Facts = dict[str, str]


def facts(place: Place, source: Source | None) -> Facts:
    """What decides a run's result on this machine, each as a short text, by what it is called.

    source: the data to load and compare as well.
    """
    made_with = commit()
    script = script_path(place)
    found = {
        "Python": "{}.{}".format(*sys.version_info),
        **{package: _version(package) for package in _PACKAGES},
        "commit": made_with.name or "",
        "changed files": ", ".join(sorted(made_with.changed_files)),
        CODE: code(),
        f"the experiment {script.name}": _sha256([script]) if script.is_file() else "is missing",
        SEES: _sees(place),
        BITS: f"{platform.machine()} {processor.features()}",
    }
    if source is not None:
        found["data"] = _data(source)
    return found


def differences(ours: Mapping[str, str], theirs: Mapping[str, str]) -> list[str]:
    """A phrase for each fact that must be equal and is not; of the commit, only if both have one.

    The first one is enough to know: another version comes with other code.
    """
    found = []
    for name, here in ours.items():
        there = str(theirs.get(name, "is unknown"))
        optional = name in ("commit", "changed files") and not (ours["commit"] and there)
        if there != here and name not in (SEES, BITS) and not optional:
            shown = (text[:_LONGEST] or "none" for text in (there, here))
            found.append(f"{name}: {', here '.join(shown)}")
    return found


def code() -> str:
    """The content of the project's modules, experiments and presets on this machine now."""
    return _sha256(path for files in _FILES for path in sorted(PROJECT_ROOT.glob(files)))


def source(arguments: Sequence[str]) -> Source:
    """The data that these flags of an experiment ask for. Raises LabError for a flag file that
    cannot be read."""
    try:
        words = flags.FlagValues().read_flags_from_files(list(arguments), force_gnu=False)
    except flags.Error as error:
        raise LabError(str(error)) from None
    chosen = {"dataset": "mnist", "data_dir": ""}
    for word, following in zip(words, [*words[1:], ""], strict=True):
        name, equals, value = word.lstrip("-").partition("=")
        if word.startswith("-") and name in chosen:
            chosen[name] = value if equals else following
    return Source(**chosen)


def script_path(place: Place) -> Path:
    """Where the experiment is on this machine."""
    return PROJECT_ROOT / place.script


def working_directory(place: Place) -> Path:
    """The directory on this machine that relative paths begin at."""
    directory = PROJECT_ROOT / place.directory
    return directory if directory.is_dir() else PROJECT_ROOT


def _sees(place: Place) -> str:
    """Whether the token is here, and locked: the sweep's side holds its lock."""
    token = Path(place.token)
    try:
        if read_regular(token, 1_000) != place.secret.encode():
            return "no"
        with open(token, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return SHARED
    except (Damaged, OSError):
        return "no"
    return UNLOCKED


def _data(source: Source) -> str:
    directory = os.path.expanduser(source.data_dir)
    try:
        return f"SHA-256 {datasets.load(source.dataset, directory or None).sha256}"
    except (LabError, OSError) as error:
        return str(error)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _sha256(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        shown = path.relative_to(PROJECT_ROOT) if path.is_relative_to(PROJECT_ROOT) else path.name
        digest.update(f"{shown}\0{len(content)}\0".encode() + content)
    return f"SHA-256 {digest.hexdigest()[:12]}…"
