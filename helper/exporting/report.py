"""What an export prints: a table of the formats, and how they compare with the session."""

from __future__ import annotations

from collections.abc import Sequence

from helper import tables
from helper.exporting.export import Exported
from helper.exporting.formats import INT8


def show(done: Exported) -> None:
    """Print the table, with times if they were measured."""
    columns = ["format", "size", "accuracy", "classes differ", "greatest difference"]
    timed = done.expected.seconds is not None
    if timed:
        columns += ["µs, 1 image", f"µs, each of {done.batch:,}"]
    accuracy = done.expected.accuracy()
    rows = [["session", "", f"{accuracy:.2%}", "", "", *_times(done.expected.seconds)]]
    for name, found in done.checked.items():
        greatest = (
            "" if found.greatest is None else f"{found.greatest:.1e}" if found.greatest else "0"
        )
        own = f"{done.expected.accuracy(found.classes):.2%}"
        size = _size(done.sizes[name])
        differ = f"{len(found.differ):,}"
        rows.append([name, size, own, differ, greatest, *_times(found.seconds)])
    tables.show(columns, rows)


def statements(done: Exported, bound: float) -> str:
    """What holds of every format, but for int8, which is rounded."""
    images = len(done.expected.targets)
    alike = f"the classes are those of {done.expected.source}"
    if done.expected.answers.probabilities is not None:
        alike += f", the probabilities within {bound:g} of the session's"
    but = f", but for {INT8}," if INT8 in done.checked else ""
    return f"loaded by its own runtime, each answered all {images:,} test images{but}:\n{alike}"


def quantized(done: Exported) -> str:
    """A line on what int8 changed."""
    found = done.checked[INT8]
    before, after = done.expected.accuracy(), done.expected.accuracy(found.classes)
    return (
        f"{INT8}: accuracy {before:.2%} before, {after:.2%} after; "
        f"{len(found.differ):,} of {len(found.classes):,} classes differ"
    )


def _times(seconds: Sequence[float] | None) -> list[str]:
    return (
        []
        if seconds is None
        else [f"{each * 1e6:,.{1 if each < 1e-5 else 0}f}" for each in seconds]
    )


def _size(number: int) -> str:
    return f"{number / 1e6:,.2f} MB" if number >= 100_000 else f"{number / 1e3:,.1f} kB"
