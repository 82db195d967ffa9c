"""The setting of one run of a sweep: which runs are of it, and what a new one is called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from helper.runs import new_names

# The flags of one run, as the command line gives them: ("--learning_rate=0.1", "--seed=1").
Setting = tuple[str, ...]

_NAME = "--run_name="
_ABOUT = ("--logdir=", "--note=")  # what computes nothing


def varied(settings: Sequence[Setting]) -> set[str]:
    """The items that are not in every setting, which distinguish the runs."""
    common = set(settings[0]).intersection(*settings) if settings else set()
    return {item for setting in settings for item in setting} - common


def names(settings: Sequence[Setting]) -> dict[Setting, str]:
    """What to call the run of each setting: its preset, and all that the sweep varies, defaults
    included. Without those that are named by the user, or that have to name themselves because
    nothing varies."""
    different = varied(settings)
    found = {}
    for setting in settings:
        own = [item for item in setting if item in different and not _is_flagfile(item)]
        if different and not any(item.startswith(_NAME) for item in setting):
            values = (item.lstrip("-").partition("=") for item in own)
            shown = {flag: value if equals else "True" for flag, equals, value in values}
            found[setting] = new_names.compose(shown, new_names.presets(setting))
    return {setting: name for setting, name in found.items() if name}


def is_of(argv: Sequence[str], setting: Setting) -> bool:
    """Whether a run was started with exactly these flags, in any order and spelling, wherever it
    is, whatever its note, and whatever its name unless the setting gives one."""
    given, asked = (
        {word for word in _joined(words) if word.startswith(_NAME)} for words in (argv[1:], setting)
    )
    return flags_of(argv[1:]) == flags_of(setting) and (not asked or given == asked)


def flags_of(words: Sequence[str]) -> frozenset[str]:
    """The flags that decide which run is of which setting, except a name that a setting gives."""
    return frozenset(word for word in _joined(words) if not word.startswith((*_ABOUT, _NAME)))


def _joined(words: Sequence[str]) -> Iterator[str]:
    """Each flag in the form --name=value, also where it is given as -name=value or --name value."""
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word.startswith("-"):
            word = "--" + word.lstrip("-")
            if "=" not in word and rest and not rest[0].startswith("-"):
                word += f"={rest.pop(0)}"
        yield word


def _is_flagfile(item: str) -> bool:
    return item.startswith("--flagfile=")
