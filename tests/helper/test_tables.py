from __future__ import annotations

import pytest

from helper import tables


def shown(capsys, *arguments, **options):
    tables.show(*arguments, **options)
    return capsys.readouterr().out


def test_first_column_left_others_right_and_long_headers_in_lines(capsys):
    lines = shown(capsys, ["name", "steps_per_second"], [["a", "1"], ["bc", "22"]]).splitlines()
    assert [line.strip() for line in lines] == [
        "",
        "steps_",
        "per_",  # with "second" it would be longer than eight characters
        "name  second",
        "────────────",
        "a          1",
        "bc        22",
        "",
    ]


def test_all_left(capsys):
    lines = shown(capsys, ["name", "A"], [["long name", "1"]], left=True).splitlines()
    assert [line.split() for line in lines[1::2]] == [["name", "A"], ["long", "name", "1"]]
    assert lines[1].index("A") == lines[3].index("1")


def test_no_cell_is_cut_however_long(capsys):
    assert "x" * 500 in shown(capsys, ["name", "y"], [["x" * 500, "1"]])


@pytest.mark.parametrize(
    ("name", "literally"),
    [
        (r"x\[/bold]", r"x\[/bold]"),
        ("[/]", "[/]"),
        ("[red]a", "[red]a"),
        (":smile:", ":smile:"),
        ("\x1b]0;owned\x07", r"\x1b]0;owned\x07"),
        ("a\nb", r"a\nb"),
        ("\udcff", r"\udcff"),
    ],
)
@pytest.mark.parametrize("left", [True, False])
def test_names_from_the_disk_are_shown_literally(capsys, name, literally, left):
    everywhere = shown(capsys, [name, name], [[name, name]], title=name, left=left)
    assert everywhere.count(literally) >= 3  # a long header may be broken into lines
    assert not set(everywhere) & {"\x1b", "\x07", "\udcff"}
