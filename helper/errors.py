"""The errors that a user can cause and mend; the command line shows them as one line."""

from __future__ import annotations


class LabError(Exception):
    """Something outside the program went wrong: data, files, disk. The message is one line."""

    exit_code = 1


class DataError(LabError):
    """A data set is missing, damaged, or not of the form that was asked for."""


class UsageError(LabError):
    """A flag or an argument has a value that cannot work."""

    exit_code = 2
