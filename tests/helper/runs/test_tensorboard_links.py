from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from helper.runs import tensorboard_links
from helper.runs.record import Record

ENTRIES = [
    f"{run}/{split}"
    for run in ("softmax/0001", "softmax/0002-seed=1", "softmax/00010", "mlp/0002", "my.own", "a")
    for split in ("train", "test")
]


def shown(*names: str) -> set[str]:
    """The runs that a link to these shows."""
    found = parse_qs(urlsplit(tensorboard_links.link(names)).query)["runFilter"][0]
    return {entry.rpartition("/")[0] for entry in ENTRIES if re.search(found, entry)}


def test_exactly_the_runs_are_shown():
    assert shown("softmax/0001") == {"softmax/0001"}
    assert shown("softmax/0002-seed=1", "mlp/0002") == {"softmax/0002-seed=1", "mlp/0002"}
    assert shown("my.own", "softmax/00010") == {"my.own", "softmax/00010"}
    assert shown("myxown") == set()
    assert shown("a") == {"a"}


def test_an_address_is_one_word_for_a_terminal():
    link = tensorboard_links.link(["my run/(0001)|$"], ["accuracy", "two-class/F1"])
    assert re.fullmatch(r"http://localhost:6006/\?[\w.~%=&-]+#timeseries", link)
    assert parse_qs(urlsplit(link).query)["smoothing"] == ["0"]
    assert parse_qs(urlsplit(link).query)["tagFilter"] == ["^(accuracy|two-class/F1)$"]


def test_accuracy_and_loss_come_first():
    records = [
        Record("a", "1", lower_is_better={"loss": True, "rmse": True}, select_by="rmse"),
        Record("b", "1", lower_is_better={"loss": True, "accuracy": False}),
    ]
    assert tensorboard_links.tags([*records, None]) == ["accuracy", "loss", "rmse"]
    assert tensorboard_links.tags(records[:1]) == ["loss", "rmse"]
