from __future__ import annotations

from helper.comparing import comparison, report_sections
from helper.comparing.comparison import Group
from helper.runs import listing
from tests.made_runs import make_run, scalar, write_events


def sections(logdir):
    runs = listing.find(logdir)
    table = comparison.run_table(runs, ["test/accuracy"])
    return report_sections.sections(table, [Group(run.name, {}, [run]) for run in runs])


def test_columns_that_say_nothing_are_named(tmp_path):
    for number, accuracy in enumerate((0.8, 0.9)):
        make_run(tmp_path / "a" / f"000{number}", accuracy, seed=number, digit=8)
    make_run(tmp_path / "b" / "0001", 0.7)
    first, second = sections(tmp_path)
    assert (first.title, second.title) == ("a", "b")
    assert first.table.columns == ["name", "seed", "test/accuracy", "best/test/accuracy"]
    assert first.same["digit"] == 8 and "experiment" not in first.same
    assert any(line.startswith("same for all: ") for line in report_sections.left_out(first))
    # Of one run everything is shown that it has.
    assert "status" in second.table.columns and "digit" not in second.table.columns
    assert report_sections.left_out(second) == []


def test_notes_come_last(tmp_path):
    make_run(tmp_path / "a" / "0001", seed=1, note="a first try")
    make_run(tmp_path / "a" / "0002", seed=2, note="")
    (section,) = sections(tmp_path)
    assert section.table.columns[-1] == "note"
    assert [row["note"] for row in section.table.rows] == ["a first try", ""]


def test_notes_of_a_group(tmp_path):
    for seed, note in enumerate(("x", "x", "y")):
        make_run(tmp_path / "a" / f"000{seed}", seed=seed, note=note)
    groups = comparison.group(listing.find(tmp_path), ["learning_rate"])
    table = comparison.group_table(groups, ["test/accuracy"])
    (section,) = report_sections.sections(table, groups)
    assert section.table.rows[0]["note"] == "x; y"


def test_runs_without_a_record_come_last(tmp_path):
    write_events(tmp_path / "0", scalar(0, {"loss": 1.0}))
    make_run(tmp_path / "a" / "0001")
    assert [s.title for s in sections(tmp_path)] == ["a", report_sections.WITHOUT_RECORD]


def test_brief_commits():
    assert report_sections.brief("0123456789ab+changes") == "01234567+changes"
