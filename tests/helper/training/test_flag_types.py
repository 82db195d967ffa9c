from __future__ import annotations

import pytest
from absl import flags

from helper.training import flag_types


@pytest.fixture
def parse():
    """A function from arguments to the values of --widths and --start."""
    flag_types.define_widths("test_widths", "8,4", "")
    flag_types.define_initializer("test_start", None, "")

    def values(*arguments):
        flags.FLAGS(["test", *arguments])
        return flags.FLAGS.test_widths, flags.FLAGS.test_start

    yield values
    del flags.FLAGS.test_widths
    del flags.FLAGS.test_start


@pytest.mark.parametrize(
    ("text", "widths"), [("256,128", [256, 128]), ("7", [7]), ("", []), (" 3 , 4 ", [3, 4])]
)
def test_widths(parse, text, widths):
    assert parse(f"--test_widths={text}") == (widths, None)


@pytest.mark.parametrize(("text", "value"), [("glorot", "glorot"), ("0.05", 0.05), ("1e-3", 0.001)])
def test_initializers(parse, text, value):
    assert parse(f"--test_start={text}") == ([8, 4], value)


@pytest.mark.parametrize("argument", ["widths=1,", "widths=-1", "widths=1.5", "widths=100001"])
def test_what_is_no_width(parse, argument):
    with pytest.raises(flags.IllegalFlagValueError, match="is not a valid width"):
        parse(f"--test_{argument}")


@pytest.mark.parametrize("text", ["0", "-0.1", "nan", "inf", "normal", ""])
def test_what_is_no_initializer(parse, text):
    with pytest.raises(flags.IllegalFlagValueError, match="choose glorot, he, zeros"):
        parse(f"--test_start={text}")


def test_a_flag_file_holds_the_same_values(parse, tmp_path):
    parse("--test_widths=9,10", "--test_start=0.25")
    lines = [flags.FLAGS[name].serialize() for name in ("test_widths", "test_start")]
    (tmp_path / "flags.txt").write_text("\n".join(lines))
    flags.FLAGS["test_widths"].unparse()
    flags.FLAGS["test_start"].unparse()
    assert parse(f"--flagfile={tmp_path / 'flags.txt'}") == ([9, 10], 0.25)


def test_a_flag_belongs_to_the_module_that_asks_for_it(parse):
    assert flags.FLAGS.find_module_defining_flag("test_widths") != flag_types.__name__
