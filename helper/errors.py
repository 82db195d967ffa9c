"""The errors that a user can cause and mend; the command line shows them as one line."""

from __future__ import annotations


def printable(text: str) -> str:
    """Text as any terminal may show it: what is not printable becomes an escape such as ``\\x1b``.

    The names of files and flags, and whatever a run directory holds, may have been chosen by
    someone else: control characters, which a terminal obeys, characters that reverse the direction
    of writing, and bytes of a file name that are not UTF-8, which cannot be written at all.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class LabError(Exception):
    """Something outside the program went wrong: data, files, disk. The message is one line."""

    exit_code = 1

    def __str__(self) -> str:
        return printable(super().__str__().replace("\n", " "))


class DataError(LabError):
    """A data set is missing, damaged, or not of the form that was asked for."""


class UsageError(LabError):
    """A flag or an argument has a value that cannot work."""

    exit_code = 2


def reason(error: BaseException) -> str:
    """What went wrong with a file, in one line, from an OSError or a TensorFlow error.

    A message of ``Session.run`` tells first where in the program the operation was made, and then,
    in the line after "Node:", what went wrong.
    """
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    message = getattr(error, "message", None) or str(error)
    _, made_at, rest = message.partition("\nNode: ")
    lines = (rest.partition("\n")[2] if made_at else message).strip().splitlines()
    return lines[0] if lines else type(error).__name__
