from __future__ import annotations

import json

import numpy as np
import pytest

from helper.runs import listing
from scripts.replication import claims as replication
from tests.made_runs import make_run

COUNTS = {"S2a": 7_850, "S2b": 496_885, "S0": 159_010}


def made(tmp_path, name, accuracies=(0.90, 0.92), predicted=None, **final):
    """Completed runs of a system, one for each accuracy."""
    system = next(system for system in replication.SYSTEMS if system.name == name)
    for seed, accuracy in enumerate(accuracies):
        label = np.arange(10)
        path = make_run(
            tmp_path / system.command[0] / f"{seed + 1:04d}-{name}",
            accuracy,
            predicted=label if predicted is None else np.array(predicted),
            label=label,
            seed=seed,
            batch_size=100,
        )
        record = json.loads((path / "run.json").read_text())
        record["final"] |= {"train/accuracy": accuracy + 0.01, **final}
        record["parameter_count"] = COUNTS.get(name, 31)
        (path / "run.json").write_text(json.dumps(record))
    return listing.find(tmp_path, [f"{system.command[0]}/*-{name}"])


def row(table, name):
    (found,) = (row for row in table.rows if row["system"] == name)
    return found


def test_article_beside_mean_and_deviation(tmp_path):
    table = replication.results({"S2a": made(tmp_path, "S2a")})
    found = row(table, "S2a")
    assert found["test, article"] == "92.2 %" and found["seeds"] == "2"
    assert found["test, here"] == "91.00 ± 1.41 %"
    assert found["train, here"] == "92.00 ± 1.41 %"
    assert found["seconds, here"] == "50.0 ± 0.0" and found["seconds, article"] == "44"
    assert found["parameters"] == "7,850"
    assert len(table.rows) == 1


def test_parameters_that_differ_from_the_articles_are_said(tmp_path):
    runs = made(tmp_path, "S0")
    runs[0].record.parameter_count = 5
    found = row(replication.results({"S0": runs[:1]}), "S0")
    assert found["parameters"] == "5 (article: 159,010)"
    assert found["test, here"] == "90.00 %"  # no deviation of one run


def test_every_wrong_claim_is_measured(tmp_path):
    answers = [0, 1, 2, 3, 4, 5, 6, 7, 6, 9]
    base = {"test/base rate": 0.8865, "test/precision": 0.9, "test/recall": 0.8, "test/F1": 0.85}
    runs = {
        "S4": made(tmp_path, "S4", **base),
        "S2a": made(tmp_path, "S2a"),
        "S2b": made(tmp_path, "S2b"),
        "S2b-long": made(tmp_path, "S2b-long", accuracies=(0.982,)),
        "S3": made(tmp_path, "S3", predicted=answers),
    }
    table = replication.claims(runs)
    measured = [row["measured here"] for row in table.rows]
    assert measured[0] == "float32(1 + 1e-10) = 1 and (1 − y) · log(1 − y) = nan"
    assert measured[1].startswith("base rate 88.65 ± 0.00 %, precision 90.00")
    assert "kB with the graph" in measured[2]
    assert measured[3] == "2 nodes, built once and written whole: input, logits"
    assert measured[4] == "logits 200 and 0, label 1: inf with log(softmax), 200 in one operation"
    assert measured[5].startswith("0.1 on the mean of 100")
    assert measured[6] == "92.00 ± 1.41 % on all 60,000"
    assert measured[8] == "100 steps: 98.20 %, best 98.20 % at step 90"
    assert measured[9] == "9 of 10 (0 1 2 3 4 5 6 7 6 9; no. 9 is a 8)"
    assert replication.claims({}).rows == []


def test_systems_are_told_apart_by_name():
    names = [system.name for system in replication.SYSTEMS]
    assert len(set(names)) == len(names)
    assert {name.split("-")[0] for name in names} == {"S4", "S2a", "S2b", "S0", "S1", "S3", "H"}


@pytest.mark.parametrize(
    ("values", "shown"), [([], "–"), ([1.5], "1.5 s"), ([1.0, 2.0], "1.5 ± 0.7 s")]
)
def test_spread(values, shown):
    assert replication.spread(values, 1, " s") == shown
