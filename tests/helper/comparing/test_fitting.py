from __future__ import annotations

import pytest

from helper import tables
from helper.comparing import fitting
from helper.comparing.comparison import Table

METRIC = "test/accuracy"


def table(*rows, **same):
    """Rows as dictionaries, each with what is the same for all."""
    found = [{**row, **same} for row in rows]
    return Table(list(dict.fromkeys(key for row in found for key in row)), found)


def fit(made, limit=None):
    return fitting.fit(made, [METRIC], {"steps_per_second": "steps/s"}, limit)


def rows(count=4, **columns):
    """Rows named 0001 …, whose columns have a value each: called with the row's number."""
    return [
        {"name": f"{i:04d}", METRIC: 0.9 + i / 1000}
        | {name: value(i) for name, value in columns.items()}
        for i in range(1, count + 1)
    ]


def width(block):
    return tables.width(
        [
            tables.column_width(header, [row[place] for row in block.cells])
            for place, header in enumerate(block.headers)
        ]
    )


def test_what_is_the_same_for_all_goes_and_is_told():
    fitted = fit(table(*rows(seed=lambda i: i), step=20_000, status="completed"))
    (block,) = fitted.blocks
    assert block.columns == ["name", METRIC, "seed"]
    assert fitted.below == ["same for all: step 20,000, status completed"]


def test_a_single_run_keeps_its_columns():
    fitted = fit(table(*rows(1), step=20_000, status="completed"))
    assert fitted.blocks[0].cells == [["0001", "0.9010", "20,000", "completed"]]
    assert fitted.below == []


def test_an_equal_metric_stays():
    fitted = fit(table({"name": "0001", METRIC: 0.5}, {"name": "0002", METRIC: 0.5}))
    assert fitted.blocks[0].columns == ["name", METRIC]


def test_values_that_look_alike_are_not_the_same():
    fitted = fit(table(*rows(2, learning_rate=lambda i: 0.1 + i * 1e-9)))
    assert "learning_rate" in fitted.blocks[0].columns


def test_what_most_rows_leave_empty_goes_and_is_told():
    fitted = fit(
        table(
            *rows(9, epochs=lambda i: 5 if i == 3 else None, l2=lambda i: 0.1 if i > 5 else None)
        ),
    )
    assert fitted.blocks[0].columns == ["name", METRIC]
    assert fitted.below == [
        "empty for most: epochs (only 0003 5)",
        "empty for most: l2 (4 of 9 have it)",
    ]


def test_settings_that_rows_have_instead_of_a_name_stay():
    groups = [{"epochs": epochs, METRIC: None, "n": 1} for epochs in (None, None, 5)]
    fitted = fit(table(*groups))
    assert fitted.blocks[0].cells == [["–"], ["–"], ["5"]]
    assert fitted.below == ["same for all: n 1", f"empty for all: {METRIC}"]


def test_something_is_left_where_all_is_empty():
    assert fit(table({METRIC: None}, {METRIC: None})).blocks[0].cells == [["–"], ["–"]]


def test_a_long_header_is_not_narrower_than_it_is():
    made = table(*rows(**{"x" * 50: lambda i: f"value {i}", "": lambda i: f"{i}"}))
    assert all(width(block) <= 70 for block in fit(made, 70).blocks)


def test_a_metric_goes_only_where_no_row_has_it():
    made = table(*rows(3))
    for row in made.rows[1:]:
        row[METRIC] = None
    assert METRIC in fit(made).blocks[0].columns
    made.rows[0][METRIC] = None
    made = table(*made.rows, **{f"best/{METRIC}": None, f"± {METRIC}": None})
    fitted = fit(made)
    assert fitted.blocks[0].columns == ["name"]
    assert fitted.below == [f"empty for all: {METRIC}"]


WIDE = table(
    *rows(
        **{
            "seed": lambda i: i,
            "best/test/accuracy": lambda i: 0.9 + i / 1000,
            "best_step/test/accuracy": lambda i: i * 1000,
            "seconds": lambda i: i * 100.0,
            "steps_per_second": lambda i: i * 1000.0,
            "status": lambda i: "completed" if i > 1 else "diverged",
        }
    )
)


@pytest.mark.parametrize("limit", [200, 79, 70, 60, 50, 40, 34])
def test_the_least_important_columns_go_first(limit):
    fitted = fit(WIDE, limit)
    (block,) = fitted.blocks
    assert width(block) <= limit
    order = [
        "steps_per_second", "seconds", "best_step/test/accuracy", "best/test/accuracy", "status"
    ]  # fmt: skip
    gone = [column for column in order if column not in block.columns]
    assert gone == order[: len(gone)]
    assert {"name", METRIC, "seed"} <= set(block.columns)
    named = ", ".join(column.replace("steps_per_second", "steps/s") for column in gone)
    assert fitted.below == ([f"no room here: {named}; --csv - shows all"] if gone else [])


def test_without_a_limit_nothing_goes_and_nothing_is_shortened():
    name = "0001-" + "x" * 300
    fitted = fit(table({"name": name, METRIC: 0.5, "note": "why " * 100}, *rows(2), note=None))
    assert fitted.blocks[0].cells[0][0] == name


def test_names_are_shortened_in_the_middle_and_notes_at_the_end():
    made = table(*rows(2), note="begins here " * 20)
    made.rows[0]["note"] = "short"
    made.rows[1]["name"] = "0002-a-very-long-name-that-a-person-gave-to-it-at-last"
    ((block,), _) = fit(made, 60).blocks, None
    assert width(block) <= 60
    name, _, note = block.cells[1]
    assert name.startswith("0002-a-very") and "…" in name and name.endswith("at-last")
    assert note.startswith("begins here") and note.endswith("…")


def test_settings_never_go_but_continue_in_another_block():
    settings = {f"setting_{number}": lambda i, n=number: f"value-{n}-{i}" for number in range(9)}
    made = table(*rows(seconds=float, **settings))
    fitted = fit(made, 60)
    assert len(fitted.blocks) > 1
    assert all(block.columns[0] == "name" and width(block) <= 60 for block in fitted.blocks)
    columns = [column for block in fitted.blocks for column in block.columns if column != "name"]
    assert columns == [METRIC, *settings]


def test_a_missing_note_is_empty_and_no_layers_are_none():
    made = table(
        *rows(2, layers=lambda i: [] if i == 1 else [5, 3], note=lambda i: ["a", None][i - 1])
    )
    assert fit(made).blocks[0].cells == [
        ["0001", "0.9010", "none", "a"],
        ["0002", "0.9020", "5,3", ""],
    ]
