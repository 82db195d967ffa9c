from __future__ import annotations

import pytest
from rich.cells import cell_len

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


def test_only_these_columns_left(capsys):
    lines = shown(capsys, ["a", "b", "note"], [["1", "2", "long note"], ["3", "44", "x"]], left={2})
    assert lines.splitlines()[-2].index("x") == lines.splitlines()[-3].index("long note")


@pytest.mark.parametrize(
    "rows", [[["0001", "0.1", "1"], ["0002-longer", "0.5", "日本"]], [["a", "", "\x1b"]]]
)
def test_the_width_that_a_table_takes(capsys, rows):
    headers = ["name", "learning_rate", "x"]
    widths = [tables.column_width(h, [row[i] for row in rows]) for i, h in enumerate(headers)]
    lines = shown(capsys, headers, rows).splitlines()
    assert {cell_len(line) for line in lines} == {tables.width(widths)}


def test_the_widest_columns_become_narrower():
    assert tables.narrowed([10, 64, 64], 80) == [10, 32, 32]
    assert tables.narrowed([10, 5, 64], 80) == [10, 5, 59]
    assert tables.narrowed([10, 64], None) == [10, 64]
    assert tables.narrowed([9, 9], 1) == [1, 1]


@pytest.mark.parametrize(
    ("room", "expected"),
    [(43, "0001-s0_relu_adam,learning_rate=0.1,seed=3"), (12, "0001-…seed=3"), (5, "00…=3")],
)
def test_shortened_in_the_middle(room, expected):
    assert tables.shortened("0001-s0_relu_adam,learning_rate=0.1,seed=3", room) == expected


def test_shortened_at_the_end_and_by_columns():
    assert tables.shortened("why it was done", 8, at_end=True) == "why it…"
    assert cell_len(tables.shortened("日本語日本語日本語", 10)) <= 10
    assert tables.shortened("a\x1bb", 10) == r"a\x1bb"


def test_only_a_terminal_has_a_width(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert tables.terminal_width() is None
    monkeypatch.setattr(tables.sys.stdout, "isatty", lambda: True)
    assert tables.terminal_width() == 80
