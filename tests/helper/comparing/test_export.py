from __future__ import annotations

import csv
import io
import json
import math
import os

import numpy as np
import pytest

from helper.comparing import export
from helper.comparing.comparison import Table
from helper.errors import LabError
from helper.runs import listing
from tests.made_runs import make_run, scalar, write_events


def rows(text):
    return list(csv.reader(io.StringIO(text)))


def cell(value):
    (_, (found,)) = rows(export.as_csv(Table(["x"], [{"x": value}])))
    return found


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1 / 3, "0.3333333333333333"),
        (-0.5, "-0.5"),
        (-2, "-2"),
        (math.nan, "nan"),
        (-math.inf, "-inf"),
        (True, "True"),
        (None, ""),
        ([256, 128], "256,128"),
        ("softmax/0001", "softmax/0001"),
        ('a|b, "c"', 'a|b, "c"'),
    ],
)
def test_csv_keeps_numbers_and_plain_text(value, written):
    assert cell(value) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+SUM(A1)", "'+SUM(A1)"),
        ("-cmd|' /C calc'!A0", "'-cmd|' /C calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", r"'\t=1"),
        ("\r=1", r"'\r=1"),
        ("＝1+1", "'＝1+1"),
        ([-1, 2], "'-1,2"),
        ({"=a": 1}, "{'=a': 1}"),
        # A number is no formula, also where a record has it as text.
        ("-0.5", "-0.5"),
        ("+1e3", "+1e3"),
        ("a=1", "a=1"),
    ],
)
def test_no_text_is_a_formula(value, written):
    assert cell(value) == written


def test_names_of_columns_are_text_too():
    table = Table(["=x", "± y"], [{"=x": 1, "± y": 2}])
    assert rows(export.as_csv(table)) == [["'=x", "± y"], ["1", "2"]]


def test_control_characters_and_bytes_that_are_not_utf_8_become_escapes():
    assert cell("\x1b[31m") == r"\x1b[31m"
    table = Table(["\udcff"], [{"\udcff": "a\nb\x07|"}])
    assert export.as_csv(table) == "\\udcff\na\\nb\\x07|\n"
    assert export.as_markdown(table) == "| \\udcff |\n| --- |\n| a\\nb\\x07\\| |\n"


def test_every_point_as_csv(tmp_path):
    write_events(
        tmp_path / "=run", scalar(3, {"@loss": 1.5}, 100.0), scalar(4, {"@loss": -0.5}, 107.5)
    )
    assert rows(export.points_as_csv(listing.find(tmp_path))) == [
        ["name", "tag", "step", "wall_time", "seconds", "value"],
        ["'=run", "'@loss", "3", "100.0", "-1699999900.0", "1.5"],
        ["'=run", "'@loss", "4", "107.5", "-1699999892.5", "-0.5"],
    ]


@pytest.mark.parametrize(
    ("value", "text"), [(math.nan, "NaN"), (math.inf, "Infinity"), (-math.inf, "-Infinity")]
)
def test_numbers_that_json_cannot_hold(value, text):
    assert export.finite({"a": [1.5, (value,)]}) == {"a": [1.5, [text]]}
    assert export.numbers(np.array([1.5, value])) == [1.5, text]
    assert export.numbers(np.array([1.5, 2.5])) == [1.5, 2.5]


def test_json_holds_records_and_curves(tmp_path):
    make_run(tmp_path / "a" / "0001", 0.9, {0: 0.1, 50: math.inf})
    runs = listing.find(tmp_path)
    found = json.loads(export.as_json(Table(["x"], [{"x": math.nan}]), runs))
    assert (found["columns"], found["rows"]) == (["x"], [{"x": "NaN"}])
    (run,) = found["runs"]
    assert (run["name"], run["record"]["parameter_count"]) == ("a/0001", 7850)
    curve = run["curves"]["test/accuracy"]
    assert (curve["step"], curve["seconds"]) == ([0, 50], [0, 50])
    assert curve["value"] == [pytest.approx(0.1), "Infinity"]


def test_write(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    export.write("-", "é\n")
    export.write("é\x1b.csv", "é\n")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("é\n", "wrote é\\x1b.csv\n")
    assert (tmp_path / "é\x1b.csv").read_bytes() == "é\n".encode()
    with pytest.raises(LabError, match="cannot write no/x: No such file"):
        export.write(os.path.join("no", "x"), "")
