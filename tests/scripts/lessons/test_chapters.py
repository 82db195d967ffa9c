"""The course: every block of every chapter is executed, and prints what is under it."""

from __future__ import annotations

import multiprocessing
import re
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from helper.data import cache
from helper.data.registry import DATASETS
from scripts import course
from scripts.lessons import pages, running
from tests import command_line

PAGES = pages.pages()
# A process of its own takes seconds to import TensorFlow; this one imports it once, and forks.
FORKS = multiprocessing.get_context("forkserver")


def run_chapter(number: int, folder: str, results: Any) -> None:
    """In a fresh process: the line of each block and what it printed, then None or the error."""
    try:
        for block, printed in running.outputs(pages.page(number), Path(folder), {}):
            results.put((block.line, printed))
        results.put(None)
    except BaseException:
        results.put(traceback.format_exc())


@pytest.fixture(scope="module")
def forks() -> Any:
    FORKS.set_forkserver_preload(["tensorflow.compat.v1"])
    return FORKS


def needs_mnist(page: pages.Page) -> bool:
    return 'datasets.load("mnist")' in page.text


def mnist_is_there() -> bool:
    folder = cache.cache_dir() / "mnist"
    return all((folder / file.name).is_file() for file in DATASETS["mnist"].files)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path.stem)
def test_prints_what_the_page_says(page: pages.Page, tmp_path: Path, forks: Any) -> None:
    if needs_mnist(page) and not mnist_is_there():
        pytest.skip("MNIST is not in the cache: python scripts/fetch_data.py")
    results = forks.Queue()
    process = forks.Process(target=run_chapter, args=(page.number, str(tmp_path), results))
    process.start()
    printed = dict(iter(lambda: arrived(results), None))
    process.join()
    assert printed.keys() == {block.line for block in page.blocks}
    for block in page.blocks:
        found = pages.form(printed[block.line])
        assert found == pages.form(block.output), f"{page.path.name}, line {block.line}"


def arrived(results: Any) -> Any:
    result = results.get(timeout=200)
    assert not isinstance(result, str), result
    return result


def test_there_are_ten_chapters_with_all_that_belongs_to_them() -> None:
    assert [page.number for page in PAGES] == list(range(1, 11))
    index = (pages.COURSE / "README.md").read_text()
    for page in PAGES:
        assert f"]({page.path.name})" in index
        assert re.findall(r"!\[[^]]+\]\((.*?)\)", page.text) == [f"{page.path.stem}.png"]
        assert page.path.with_suffix(".png").stat().st_size < 60_000
        commands = re.findall(rf"course\.py {page.number} --answer (\d)", page.text)
        assert commands == ["1", "2"]
        assert len(page.text.splitlines()) <= 210
        assert max(map(len, page.text.splitlines())) < 200 or page.number == 5  # a link


@pytest.mark.parametrize("page", sorted(pages.COURSE.glob("*.md")), ids=lambda path: path.stem)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text()):
        assert (page.parent / link).exists(), link


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A course of one short chapter; gives its page."""
    monkeypatch.setattr(pages, "COURSE", tmp_path)
    path = tmp_path / "01_small.md"
    path.write_text(
        "# 1. Small\n\n```python\nx = 2\nprint(x)\n```\n\n```text\n2\n```\n\nMore.\n\n"
        '```python\nprint(f"≈ {x / 3:.2f} s")\n```\n\n```text\n≈ 17.1 s\n```\n\n'
        "```bash\nexit 1  # no output is under it: for the reader\n```\n\n"
        "```bash\necho said\n```\n\n```text\nsaid\n```\n"
    )
    yield path


def test_runs_a_chapter_and_says_that_it_is_as_printed(small: Path) -> None:
    done = command_line.script(course.main, "1")
    assert (done.code, done.stderr) == (0, "")
    assert "x = 2\nprint(x)\n    │ 2\n" in done.stdout
    assert "│ ≈ 0.67 s" in done.stdout and "│ said" in done.stdout
    assert done.stdout.endswith("Every output is as the page says.\n")


def test_another_output_is_shown_and_can_be_written(small: Path) -> None:
    before = small.read_text()
    small.write_text(
        before.replace("```text\n2\n```\n\n", "").replace("```text\nsaid", "```text\nx")
    )
    done = command_line.script(course.main, "1")
    assert done.code == 1
    assert "line 4 of 01_small.md says something else" in done.stdout
    assert command_line.script(course.main, "1", "--write").code == 0
    assert small.read_text() == before.replace("17.1", "0.67")


def test_only_numbers_behind_the_sign_may_differ() -> None:
    assert pages.form("≈ 12.5 µs") == pages.form("≈ 1,300 µs")
    assert pages.form("≈ 12.5 µs") != pages.form("≈ 12.5 ms")
    assert pages.form("12 µs") != pages.form("13 µs")


def test_keeps_what_a_chapter_writes(small: Path, tmp_path: Path) -> None:
    small.write_text('# 1. Small\n\n```python\nopen("written", "w").close()\n```\n')
    assert command_line.script(course.main, "1", "--keep", tmp_path / "kept").code == 0
    assert (tmp_path / "kept" / "written").exists()


def test_lists_the_chapters() -> None:
    done = command_line.script(course.main)
    assert done.code == 0 and "  4  A loss, gradients, one step\n" in done.stdout


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["11"], "there is no chapter 11"),
        (["four"], "'four' is not a chapter"),
        (["--answer", "1", "2"], "--answer needs the number of a chapter"),
        (["--write"], "name a chapter, or all"),
        (["3", "--answer", "3", "1"], "chapter 3 has no exercise '3'"),
    ],
)
def test_refuses(arguments: list[str], said: str) -> None:
    command_line.check_refused(command_line.script(course.main, *arguments), 2, said)


def test_a_command_that_fails_is_named(small: Path) -> None:
    small.write_text("# 1. Small\n\n```bash\necho so >&2; exit 3\n```\n\n```text\nx\n```\n")
    done = command_line.script(course.main, "1")
    assert done.code == 1 and "01_small.md, line 4: a command failed: so" in done.stderr
