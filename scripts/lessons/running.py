"""A chapter's code, executed in this process from top to bottom."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from helper.errors import LabError
from helper.files import PROJECT_ROOT
from scripts.lessons.pages import Block, Page, form

_SECONDS = 300


def outputs(page: Page, folder: Path, names: dict[str, Any]) -> Iterator[tuple[Block, str]]:
    """Execute the blocks of a page in ``folder``; give each of them and what it printed.

    names: the namespace that the Python blocks share; a picture is drawn from it afterwards.
    Raises LabError where a block raises.
    """
    names |= {"__name__": "__main__"}
    for name in ("experiments", "scripts"):
        with contextlib.suppress(FileExistsError):
            (folder / name).symlink_to(PROJECT_ROOT / name)
    before = os.getcwd()
    os.chdir(folder)
    try:
        for block in page.blocks:
            run = _python if block.language == "python" else _bash
            yield block, run(page, block, names)
    finally:
        os.chdir(before)


def differs(block: Block, printed: str) -> bool:
    """Whether a block printed something else than the page says."""
    return form(printed) != form(block.output)


def with_outputs(page: Page, results: list[tuple[Block, str]]) -> str:
    """The text of the page with these outputs in it."""
    text = page.text
    for block, printed in reversed(results):
        if printed.rstrip() == block.output.rstrip():
            continue
        start, end = block.span
        new = f"```text\n{printed.rstrip()}\n```" if printed.strip() else ""
        text = text[:start] + ("\n\n" if start == end else "") + new + text[end:]
    return text


def _python(page: Page, block: Block, names: dict[str, Any]) -> str:
    # Blank lines above the code give tracebacks the page's own line numbers.
    code = compile("\n" * (block.line - 1) + block.code, str(page.path), "exec")
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            exec(code, names)
    except LabError as error:
        raise LabError(f"{page.path.name}, line {block.line}: {error}") from None
    return out.getvalue()


def _bash(page: Page, block: Block, _: dict[str, Any]) -> str:
    here = os.path.dirname(sys.executable)
    environment = {**os.environ, "PATH": f"{here}:{os.environ.get('PATH', '')}", "COLUMNS": "80"}
    done = subprocess.run(
        ["bash", "-e", "-c", block.code],
        env=environment,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["no message"]
        raise LabError(f"{page.path.name}, line {block.line}: a command failed: {said[-1]}")
    return done.stdout
