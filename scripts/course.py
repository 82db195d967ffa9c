"""The course of docs/course: run the code of a chapter, check your answers.

examples:
  course.py                     the chapters
  course.py 4                   run chapter 4's code and show what it prints
  course.py all                 every chapter, each in a process of its own
  course.py 4 --answer 1 0.25   is this the answer to exercise 1?
  course.py 4 --answer 2 my.py  is the function in this file?
  course.py 6 --keep runs       keep what the chapter writes, in this directory
  course.py 6 --pictures        draw the chapter's picture again

What a chapter prints is compared with its page: equal to the character, but
for numbers behind ≈, which depend on the machine. --write puts what was printed
into the page.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from helper.command import Parser, run
from helper.errors import LabError, UsageError
from scripts.lessons import exercises, pages, running

ALL = "all"


def main(argv: Sequence[str] | None = None) -> int:
    flags = parse(argv)
    if not flags.chapter:
        for page in pages.pages():
            print(f"{page.number:3}  {page.title.partition('. ')[2]}")
        print("\nrun one: python scripts/course.py 1")
        return 0
    if flags.chapter == ALL:
        return each(flags)
    if not flags.chapter.isdecimal():
        raise UsageError(f"{flags.chapter!r} is not a chapter; give its number, or all")
    page = pages.page(int(flags.chapter[:4]))
    if flags.answer:
        print(exercises.check(page.number, *flags.answer))
        return 0
    if flags.keep:
        return show(page, Path(flags.keep), flags)
    with tempfile.TemporaryDirectory(prefix="course-") as folder:
        return show(page, Path(folder), flags)


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(__doc__)
    add = parser.add_argument
    add("chapter", nargs="?", help="its number, or all")
    add("--answer", nargs=2, metavar=("EXERCISE", "ANSWER"), help="a value, or a Python file")
    add("--keep", metavar="DIR", help="where the chapter writes (default: a temporary directory)")
    add("--pictures", action="store_true", help="draw the picture of the page")
    add("--write", action="store_true", help="put what was printed into the page")
    flags = parser.parse_args(argv)
    if flags.answer and flags.chapter in (None, ALL):
        raise UsageError("--answer needs the number of a chapter")
    if not flags.chapter and (flags.pictures or flags.write or flags.keep):
        raise UsageError("name a chapter, or all")
    return flags


def each(flags: argparse.Namespace) -> int:
    """Every chapter in a fresh process. Returns 1 if one of them failed."""
    more = [f"--{name}" for name in ("pictures", "write") if getattr(flags, name)]
    failed = []
    for page in pages.pages():
        keep = [f"--keep={Path(flags.keep) / page.path.stem}"] if flags.keep else []
        command = [sys.executable, __file__, str(page.number), *more, *keep]
        if subprocess.run(command).returncode:
            failed.append(str(page.number))
    if failed:
        raise LabError(f"chapters that failed: {', '.join(failed)}")
    return 0


def show(page: pages.Page, folder: Path, flags: argparse.Namespace) -> int:
    """Run a chapter; print its code and its output. Returns 1 if a block printed something else."""
    folder.mkdir(parents=True, exist_ok=True)
    names: dict[str, Any] = {}
    results = []
    print(page.title)
    for block, printed in running.outputs(page, folder, names):
        results.append((block, printed))
        print(f"\n{block.code.rstrip()}")
        for line in printed.splitlines():
            print(f"    │ {line}")
    if flags.pictures:
        from scripts.lessons import pictures  # needs matplotlib

        print(f"\nwrote {pictures.draw(page, names)}")
    other = [block for block, printed in results if running.differs(block, printed)]
    if flags.write:
        page.path.write_text(running.with_outputs(page, results))
        print(f"\n{page.path.name}: {len(results)} outputs written, {len(other)} of them new")
        return 0
    for block in other:
        print(f"\nline {block.line} of {page.path.name} says something else:\n{block.output}")
    if not other:
        print("\nEvery output is as the page says.")
    return 1 if other else 0


if __name__ == "__main__":
    sys.exit(run(main))
