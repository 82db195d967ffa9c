"""The runs of a log directory: always as they are now, and not read twice."""

from __future__ import annotations

import shutil

import pytest

from helper.board.catalogue import Catalogue
from helper.board.requests import BadRequest
from helper.runs import listing, record
from tests.made_runs import make_run, scalar, start, write_events


def names(catalogue: Catalogue) -> list[str]:
    return [run.name for run in catalogue.runs()]


def test_the_same_runs_as_the_command_line_lists(tmp_path) -> None:
    make_run(tmp_path / "b/0001")
    make_run(tmp_path / "a/0002")
    write_events(tmp_path / "other", scalar(1, {"loss": 1.0}))
    (make_run(tmp_path / "a/0003") / "run.json").write_text("{")
    catalogue = Catalogue(str(tmp_path))
    for _ in range(2):
        listed = [(run.name, run.status, run.record) for run in catalogue.runs()]
        assert listed == [(r.name, r.status, r.record) for r in listing.find(tmp_path)]


def test_runs_that_come_go_and_change(tmp_path) -> None:
    make_run(tmp_path / "a/0001", accuracy=0.5)
    catalogue = Catalogue(str(tmp_path))
    assert names(catalogue) == ["a/0001"]
    make_run(tmp_path / "a/0002")
    assert names(catalogue) == ["a/0001", "a/0002"]
    assert catalogue.one("a/0001").final == {"test/accuracy": 0.5}
    shutil.rmtree(tmp_path / "a/0001")
    make_run(tmp_path / "a/0001", accuracy=0.75)
    assert catalogue.one("a/0001").final == {"test/accuracy": 0.75}
    assert catalogue.runs()[0].final == {"test/accuracy": 0.75}
    shutil.rmtree(tmp_path / "a/0001")
    with pytest.raises(BadRequest, match="there is no run 'a/0001'"):
        catalogue.one("a/0001")


def test_records_are_read_once(tmp_path, monkeypatch) -> None:
    make_run(tmp_path / "a/0001")
    (make_run(tmp_path / "a/0002") / "run.json").write_text("{")
    catalogue = Catalogue(str(tmp_path))
    read = []
    load = record.load
    monkeypatch.setattr(record, "load", lambda path: read.append(path.name) or load(path))
    for _ in range(3):
        catalogue.runs()
        catalogue.one("a/0001")
    assert sorted(read) == ["0001", "0002"]


@pytest.mark.parametrize("accuracy", [None, 0.1])
def test_curves_are_kept_until_an_event_file_grows(tmp_path, accuracy) -> None:
    path = make_run(tmp_path / "a/0001", accuracy, {0: 0.1}, status="interrupted")
    catalogue = Catalogue(str(tmp_path))
    first = catalogue.one("a/0001")
    assert first.curves()["test/accuracy"].value.tolist() == pytest.approx([0.1])
    assert catalogue.one("a/0001") is first
    points = [scalar(step, {"accuracy": step / 10}) for step in (0, 1)]
    write_events(path / "test", start(0), *points)
    after = catalogue.one("a/0001")
    assert after.curves()["test/accuracy"].step.tolist() == [0, 1]


def test_a_home_directory(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    make_run(tmp_path / "logs/a/0001")
    assert names(Catalogue("~/logs")) == ["a/0001"]
