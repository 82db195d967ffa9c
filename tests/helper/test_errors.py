from __future__ import annotations

import errno

import pytest

from helper import tf
from helper.errors import DataError, LabError, UsageError, printable, reason


def test_exit_codes():
    assert (LabError.exit_code, DataError.exit_code, UsageError.exit_code) == (1, 1, 2)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("0001-seed=2 → 784 × 10 ± é", "0001-seed=2 → 784 × 10 ± é"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("a\nb\tc\r", r"a\nb\tc\r"),
        ("c1 \x9b31m", r"c1 \x9b31m"),
        ("\u202etxt.exe", r"\u202etxt.exe"),
        ("not utf-8 \udcff", r"not utf-8 \udcff"),
        (r"\x1b", r"\x1b"),
    ],
)
def test_printable(text, shown):
    assert printable(text) == shown
    assert printable(shown) == shown


def test_a_message_is_one_line_that_a_terminal_can_show():
    assert str(UsageError("a\nb \x1b[2J \udcff")) == r"a b \x1b[2J \udcff"


def test_reason_of_a_system_error():
    assert (
        reason(OSError(errno.ENOSPC, "No space left on device", "x")) == "No space left on device"
    )
    assert reason(OSError("no number")) == "no number"
    assert reason(ValueError()) == "ValueError"


def test_reason_of_a_tensorflow_error_is_not_where_the_operation_was_made(tmp_path):
    with tf.Graph().as_default(), tf.Session() as session:
        missing = tf.read_file(str(tmp_path / "missing"))
        with pytest.raises(tf.errors.NotFoundError) as caught:
            session.run(missing)
    assert "Detected at node" in str(caught.value)
    assert reason(caught.value) == f"{tmp_path}/missing; No such file or directory"


def test_reason_of_a_tensorflow_error_outside_of_a_graph(tmp_path):
    with pytest.raises(tf.errors.NotFoundError) as caught:
        tf.io.TFRecordWriter(str(tmp_path / "missing" / "file"))
    assert reason(caught.value) == f"{tmp_path}/missing/file; No such file or directory"
