"""The exercises of the course: the solutions pass, and what is nearly right does not."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from scripts import course
from scripts.lessons import pages
from scripts.lessons.exercises import FUNCTIONS, RIGHT, VALUES
from tests import command_line

SECTIONS = re.split(r"^## (\d+)\. .*$", (pages.COURSE / "solutions.md").read_text(), flags=re.M)
SOLUTIONS = {int(number): text for number, text in zip(SECTIONS[1::2], SECTIONS[2::2], strict=True)}
WRONG_VALUES = {
    1: "3", 2: "6", 3: "83900", 4: "1.5", 5: "2.3026",
    6: "0.03125", 7: "78400", 8: "31", 9: "16777217", 10: "0.0014",
}  # fmt: skip
WRONG_FUNCTIONS = {
    1: "return sorted(n.name for n in graph.as_graph_def().node if 'Placeholder' in n.op)",
    2: "return {name, *(t.op.name for t in graph.get_operation_by_name(name).inputs)}",
    3: "return average.assign(0.1 * average + 0.9 * value)",
    4: "return x.T @ (1 / (1 + np.exp(-x @ w)) - targets)",
    5: "return np.full(classes, np.mean(predictions == labels))",
    6: "return np.mean(activations == 0)",
    7: "return step // max(1, examples // batch_size), step * batch_size % examples",
    8: "return tf.while_loop(lambda i: i < steps, lambda i: (v.assign(v * 2.0), i + 1)[1], [0])",
    9: "return np.random.RandomState(seed + epoch).permutation(examples)",
    10: "return np.sum(first == labels), np.sum(second == labels)",
}
ARGUMENTS = {
    1: "graph", 2: "graph, name", 3: "tf, average, value", 4: "x, targets, w",
    5: "predictions, labels, classes", 6: "activations", 7: "step, batch_size, examples",
    8: "tf, v, steps", 9: "seed, epoch, examples", 10: "first, second, labels",
}  # fmt: skip
CHAPTERS = range(1, 11)


def answer(chapter: int, exercise: int, given: object) -> command_line.Finished:
    return command_line.script(course.main, str(chapter), "--answer", str(exercise), given)


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return tmp_path / "mine.py"


def test_every_chapter_has_both() -> None:
    assert set(VALUES) == {(chapter, 1) for chapter in CHAPTERS}
    assert set(FUNCTIONS) == {(chapter, 2) for chapter in CHAPTERS}
    assert set(SOLUTIONS) == set(CHAPTERS)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_solutions_are_right(chapter: int, mine: Path) -> None:
    value = re.search(r"^1\. `(.*?)`", SOLUTIONS[chapter], re.M)
    code = re.search(r"```python\n(.*?)```", SOLUTIONS[chapter], re.S)
    assert value and code
    mine.write_text(textwrap.dedent(code[1]))
    for exercise, given in ((1, value[1]), (2, mine)):
        assert answer(chapter, exercise, given) == (0, f"{RIGHT}\n", "")


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_what_is_nearly_right_gets_a_hint(chapter: int, mine: Path) -> None:
    mine.write_text(
        f"import numpy as np\ndef answer({ARGUMENTS[chapter]}):\n    {WRONG_FUNCTIONS[chapter]}\n"
    )
    for exercise, given in ((1, WRONG_VALUES[chapter]), (2, mine)):
        done = answer(chapter, exercise, given)
        command_line.check_refused(done, 1, "not yet: ")


@pytest.mark.parametrize(
    "source, said",
    [
        ("def answer(:", "fails: SyntaxError"),
        ("1 / 0", "fails: ZeroDivisionError"),
        ("def other(): pass", "has no function answer(…)"),
        ("def answer(activations): return activations.none", "answer(…) fails: AttributeError"),
    ],
)
def test_a_file_that_fails_is_told_in_a_line(source: str, said: str, mine: Path) -> None:
    mine.write_text(source)
    done = answer(6, 2, mine)
    command_line.check_refused(done, 2 if "has no" in said else 1, said)


@pytest.mark.parametrize("text", ["four", "", "1/0", "nan"])
def test_a_value_must_be_a_number(text: str) -> None:
    done = answer(1, 1, text)
    assert done.code in (1, 2) and done.stderr.startswith("error: ")


def test_a_missing_file_is_named() -> None:
    command_line.check_refused(answer(1, 2, "absent.py"), 2, "cannot read absent.py")
    command_line.check_refused(answer(1, 2, "4"), 2, "is a Python file")
