"""Pages whose code runs: the blocks of a Markdown file, and the output printed under each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from helper.errors import UsageError
from helper.files import PROJECT_ROOT

COURSE = PROJECT_ROOT / "docs" / "course"
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_MACHINE = re.compile(r"≈ *[\d.,]+")


@dataclass(frozen=True)
class Block:
    """Code of a page. line: of its first line in the file; language: "python" or "bash".

    output: what the page says that it prints, or "". span: where that text is in the page, or where
    it would be put.
    """

    line: int
    language: str
    code: str
    output: str
    span: tuple[int, int]


@dataclass(frozen=True)
class Page:
    """A chapter: its number, its file, its title, its text."""

    number: int
    path: Path
    title: str
    text: str

    @property
    def blocks(self) -> list[Block]:
        """What is executed, from top to bottom: every Python block, and commands with output."""
        return [b for b in blocks(self.text) if b.language == "python" or b.output]


def pages() -> list[Page]:
    """The chapters in their order."""
    found = []
    for path in sorted(COURSE.glob("[0-9][0-9]_*.md")):
        text = path.read_text()
        title = text.partition("\n")[0].lstrip("# ")
        found.append(Page(int(path.name[:2]), path, title, text))
    return found


def page(number: int) -> Page:
    """The chapter of that number. Raises UsageError."""
    known = pages()
    for candidate in known:
        if candidate.number == number:
            return candidate
    raise UsageError(f"there is no chapter {number}; choose from 1 to {len(known)}")


def blocks(text: str) -> list[Block]:
    """The blocks of a page in ``python`` and ``bash``, each with the ``text`` block under it."""
    fences = list(_FENCED.finditer(text))
    found = []
    for place, fence in enumerate(fences):
        if fence[1] not in ("python", "bash"):
            continue
        following = fences[place + 1] if place + 1 < len(fences) else None
        span, output = (fence.end(), fence.end()), ""
        if following and following[1] == "text" and text[slice(*_gap(fence, following))] == "\n\n":
            span, output = following.span(), following[2]
        line = text.count("\n", 0, fence.start(2)) + 1
        found.append(Block(line, fence[1], fence[2], output, span))
    return found


def _gap(fence: re.Match[str], following: re.Match[str]) -> tuple[int, int]:
    return fence.end(), following.start()


def form(output: str) -> str:
    """What of an output must be equal on every machine: all but the numbers behind ``≈``."""
    lines = (line.rstrip() for line in output.rstrip().splitlines())
    return _MACHINE.sub("≈", "\n".join(lines))
