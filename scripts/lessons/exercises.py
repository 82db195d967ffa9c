"""The exercises of the course: is this the answer?

An answer is a value, or the function ``answer`` in a Python file. A check of a function calls it
with examples, and says for which of them it gave something else, but not what would be right.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

from helper.errors import LabError, UsageError, reason
from scripts.lessons import functions

RIGHT = "That is right."

# (chapter, exercise): the number, the error that is allowed, what to think of if it is another.
VALUES: dict[tuple[int, int], tuple[float, float, str]] = {
    (1, 1): (4, 0, "print graph.as_graph_def() and count; a plain number is a node, too"),
    (2, 1): (30, 1e-6, "what is fed takes the place of the tensor, everywhere"),
    (3, 1): (84_060, 0, "a layer has inputs × outputs weights, and a bias for each output"),
    (4, 1): (2.25, 1e-9, "the gradient is 2 (w − 3), and it is another one in the second step"),
    (5, 1): (math.log(26), 5.1e-5, "all 26 probabilities are equal"),
    (6, 1): (0.25**5, 1e-9, "the slope y (1 − y) is largest where y is one half"),
    (7, 1): (313_600, 0, "an image has 784 pixels, a float32 has 4 bytes"),
    (8, 1): (255, 0, "write down the first rounds: 0, 1, 3 …"),
    (9, 1): (2**24, 0, "float32 has 24 binary digits; try it"),
    (10, 1): (0.14, 0.0051, "the root of p (1 − p) / n, times 100"),
}
FUNCTIONS: dict[tuple[int, int], Callable[[Callable[..., Any]], str]] = {
    (1, 2): functions.placeholders,
    (2, 2): functions.needed,
    (3, 2): functions.running_average,
    (4, 2): functions.logistic_gradient,
    (5, 2): functions.recall,
    (6, 2): functions.dead_share,
    (7, 2): functions.place_of_step,
    (8, 2): functions.doubling,
    (9, 2): functions.order,
    (10, 2): functions.only_one_right,
}


def check(chapter: int, exercise: str, answer: str) -> str:
    """RIGHT. Raises LabError with a hint for a wrong answer, UsageError for none."""
    key = (chapter, int(exercise)) if re.fullmatch("[1-9]", exercise) else (chapter, 0)
    if key in VALUES:
        _check_value(answer, *VALUES[key])
    elif key in FUNCTIONS:
        _check_function(answer, FUNCTIONS[key])
    else:
        raise UsageError(f"chapter {chapter} has no exercise {exercise!r}; give 1 or 2")
    return RIGHT


def _check_value(text: str, right: float, error: float, hint: str) -> None:
    try:
        given = float(Fraction(text.replace(",", "").rstrip("%").strip()))
    except (ValueError, ZeroDivisionError, OverflowError):
        raise UsageError(f"{text!r} is not a number such as 0.25, 1/4 or 1e-3") from None
    if not abs(given - right) <= error:
        raise LabError(f"not yet: {hint}")


def _check_function(name: str, checked: Callable[[Callable[..., Any]], str]) -> None:
    path = Path(name)
    if path.suffix != ".py":
        raise UsageError(f"{name!r}: the answer to this exercise is a Python file such as mine.py")
    try:
        source = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {path}: {reason(error)}") from None
    names: dict[str, Any] = {"__name__": "answer"}
    # What goes wrong in the reader's file is told in a line, whatever it is.
    try:
        exec(compile(source, name, "exec"), names)
    except Exception as error:
        raise LabError(f"{path} fails: {_told(error)}") from None
    if not callable(names.get("answer")):
        raise UsageError(f"{path} has no function answer(…)")
    try:
        hint = checked(names["answer"])
    except Exception as error:
        raise LabError(f"answer(…) fails: {_told(error)}") from None
    if hint:
        raise LabError(f"not yet: {hint}")


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {reason(error)}"
