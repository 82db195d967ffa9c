from __future__ import annotations

from scripts.replication import claims
from tests.replication_runs import make


def test_every_wrong_claim_is_measured(tmp_path):
    values = {"base rate": 0.8865, "precision": 0.9, "recall": 0.8, "F1": 0.85}
    base = {f"test/two-class/{name}": value for name, value in values.items()}
    runs = {
        "S4": make(tmp_path, "S4", final=base),
        "S2a": make(tmp_path, "S2a", learning_rate=0.25, batch_size=200),
        "S2b": make(tmp_path, "S2b", accuracies=(0.96,)),
        "S2b-long": make(tmp_path, "S2b-long", accuracies=(0.982,), steps=300_000),
        "S3": make(tmp_path, "S3", predicted=[0, 1, 2, 3, 4, 5, 6, 7, 6, 9]),
    }
    table = claims.table(runs)
    assert [row["system"] for row in table.rows] == [
        *["S4"] * 4, *["S2a"] * 3, "S2b", "S2b-long", "S3"
    ]  # fmt: skip
    measured = [row["measured here"] for row in table.rows]
    sizes = [sum(file.stat().st_size for file in run.path.glob("events*")) for run in runs["S4"]]
    assert sizes[0] == sizes[1]
    assert measured == [
        "float32(1 + 1e-10) = 1 and (1 − y) · log(1 − y) = nan",
        "base rate 88.65 ± 0.00 %, precision 90.00 ± 0.00 %, recall 80.00 ± 0.00 %, "
        "F1 85.00 ± 0.00 %",
        f"{sizes[0] / 1000:.0f} ± 0 kB with the graph, and no image in it",
        "2 nodes, built once and written whole: input, logits",
        "logits 200 and 0, label 1: inf with log(softmax), 200 in one operation",
        "0.25 on the mean of 200: the same steps, 91.00 ± 1.41 % on test",
        "92.00 ± 1.41 % on all 60,000",
        "97.00 % on all 60,000",
        "300,000 steps: 98.20 %, best 98.20 % at step 90",
        "9 of 10 (0 1 2 3 4 5 6 7 6 9; no. 9 is an 8)",
    ]


def test_systems_that_were_not_run_have_no_row(tmp_path):
    assert claims.table({}).rows == []
    assert len(claims.table({"S3": make(tmp_path, "S3")}).rows) == 1
