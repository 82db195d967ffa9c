from __future__ import annotations

import json
import os
from dataclasses import fields

import pytest

from helper.loading import Damaged, Missing
from helper.runs import record
from helper.runs.record import Best, Data, Network, Record, Status

WHOLE = Record(
    "softmax",
    "0001-seed=3",
    Status.COMPLETED,
    id="ab",
    argv=["softmax.py", "--seed=3"],
    flags={"seed": 3, "layers": [3, 2], "data_dir": None, "normalize": True, "rate": 0.5},
    data=Data("tiny", "cd" * 32, train=10, validation=2, test=5, image_shape=(6, 5)),
    lower_is_better={"loss": True, "base rate": None},
    select_by="loss",
    network=Network("input/images:0", "input/labels:0", predictions="accuracy/ArgMax:0"),
    final={"test/loss": 0.25},
    best={"test/loss": Best(0.125, 40)},
)


def test_what_is_saved_is_loaded(tmp_path):
    record.save(WHOLE, tmp_path)
    assert record.load(tmp_path) == WHOLE
    assert WHOLE.score_tag == "validation/loss"


def test_format_1_is_read(tmp_path):
    """Without directions: the loss was better the lower, all else the higher."""
    old = {
        "format": 1,
        "experiment": "logistic",
        "name": "0001",
        "status": "completed",
        "steps": 20,
        "data": {"name": "mnist", "sha256": "ab", "train": 60000, "test": 10000},
        "final": {"test/log likelihood": -0.25, "train/loss": 0.25},
        "best": {"test/accuracy": {"value": 0.5, "step": 10}},
        "commit": None,
        "ended": None,
    }
    (tmp_path / "run.json").write_text(json.dumps(old))
    found = record.load(tmp_path)
    assert (found.experiment, found.status, found.steps) == ("logistic", Status.COMPLETED, 20)
    assert found.best == {"test/accuracy": Best(0.5, 10)}
    assert found.lower_is_better == {"loss": True, "accuracy": False, "log likelihood": False}
    assert found.data and (found.data.validation, found.data.image_shape) == (0, (28, 28))


WRONG = [1, "x", True, None, [], {}, [{}], {"a": {}}, 1.5, 10**400, -1e400, "\x1b[31m"]
TYPES = [
    (field.name, value)
    for field in fields(Record)
    for value in WRONG
    if field.name not in ("format", "commit", "started", "ended", "id", "select_by", "name")
]


@pytest.mark.parametrize(("name", "value"), TYPES)
def test_any_value_anywhere_is_read_or_damaged(tmp_path, name, value):
    (tmp_path / "run.json").write_text(json.dumps(record.as_json(WHOLE) | {name: value}))
    try:
        found = record.load(tmp_path)
    except Damaged as error:
        assert str(error) and "\n" not in str(error)
    else:
        assert type(getattr(found, name)) in (type(getattr(WHOLE, name)), type(value))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not valid JSON"),
        ("{", "not valid JSON"),
        ("[]", "not an object"),
        ("[" * 200_000, "not valid JSON"),
        ('{"a":' * 500 + "1" + "}" * 500, "nested more than 32 levels deep"),
        ('{"format": 2, "step": 1' + "0" * 400 + "}", "more than 64 bits"),
        ('{"format": 99}', "newer version of this project (format 99)"),
        ('{"format": "2"}', "which format"),
        ('{"format": 2, "experiment": "../../escape", "name": "x"}', "plain directory name"),
        ('{"format": 2, "experiment": "softmax"}', "missing required field `name`"),
        ('{"format": 1, "final": [], "experiment": "a", "name": "b"}', "final is not an object"),
    ],
)
def test_damaged_records(tmp_path, text, said):
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(Damaged, match=said.replace("(", "\\(").replace(")", "\\)")):
        record.load(tmp_path)


def test_bytes_that_are_not_text(tmp_path):
    (tmp_path / "run.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Damaged):
        record.load(tmp_path)


def test_a_missing_record_is_told_from_a_damaged_one(tmp_path):
    with pytest.raises(Missing):
        record.load(tmp_path)
    for make in (os.mkfifo, os.mkdir, lambda path: path.symlink_to("/etc/hostname")):
        path = tmp_path / "run.json"
        make(path)
        with pytest.raises(Damaged) as caught:
            record.load(tmp_path)
        assert not isinstance(caught.value, Missing)
        path.rmdir() if path.is_dir() else path.unlink()
