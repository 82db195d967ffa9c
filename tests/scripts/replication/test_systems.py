from __future__ import annotations

import pytest

from helper.files import PROJECT_ROOT
from scripts.replication import systems
from tests import replication_runs


def row(table, name):
    (found,) = (row for row in table.rows if row["system"] == name)
    return found


def test_article_beside_mean_and_deviation(tmp_path):
    table = systems.table({"S2a": replication_runs.make(tmp_path, "S2a")})
    found = row(table, "S2a")
    assert found["test, article"] == "92.2 %" and found["seeds"] == "2"
    assert found["test, here"] == "91.00 ± 1.41 %"
    assert found["train, here"] == "92.00 ± 1.41 %"
    assert found["seconds, here"] == "50.0 ± 0.0" and found["seconds, article"] == "44"
    assert found["parameters"] == "7,850"
    assert len(table.rows) == 1


def test_parameters_that_differ_from_the_articles_are_reported(tmp_path):
    runs = replication_runs.make(tmp_path, "S0")
    runs[0].record.parameter_count = 5
    found = row(systems.table({"S0": runs[:1]}), "S0")
    assert found["parameters"] == "5 (article: 159,010)"
    assert found["test, here"] == "90.00 %"  # one run has no deviation
    assert row(systems.table({"S0": runs}), "S0")["parameters"] == "5, 159,010 (article: 159,010)"


def test_systems_in_their_order(tmp_path):
    runs = {name: replication_runs.make(tmp_path, name) for name in ("S3", "S4")}
    assert [row["system"] for row in systems.table(runs).rows] == ["S4", "S3"]
    assert systems.table({}).rows == []


def test_systems_are_told_apart_by_name():
    names = [system.name for system in systems.SYSTEMS]
    assert len(set(names)) == len(names)
    assert {name.split("-")[0] for name in names} == {"S4", "S2a", "S2b", "S0", "S1", "S3", "H"}


@pytest.mark.parametrize("system", systems.SYSTEMS, ids=lambda system: system.name)
def test_commands_name_files_that_are_there(system):
    experiment, *flags = system.command
    assert (PROJECT_ROOT / "experiments" / f"{experiment}.py").is_file()
    for flag in flags:
        if flag.startswith("--flagfile="):
            assert (PROJECT_ROOT / flag.removeprefix("--flagfile=")).is_file()


@pytest.mark.parametrize(
    ("values", "shown"),
    [([], "–"), ([None], "–"), ([1.5], "1.5 s"), ([1.0, None, 2.0], "1.5 ± 0.7 s")],
)
def test_spread(values, shown):
    assert systems.spread(values, 1, " s") == shown


def test_percent():
    assert systems.percent([0.5, None, 0.25]) == "37.50 ± 17.68 %"
