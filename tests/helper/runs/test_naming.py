"""One way to name a run, for --resume and for every script."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from helper.errors import UsageError
from helper.runs import listing, naming
from tests.made_runs import make_run


def start(path: Path, started: str = "2026-01-01T00:00:00Z") -> Path:
    """A run whose record says when it was started."""
    make_run(path)
    record = json.loads((path / "run.json").read_text()) | {"started": started}
    (path / "run.json").write_text(json.dumps(record))
    return path


@pytest.fixture
def logs(tmp_path, monkeypatch):
    """Runs of two experiments in "logs", in the working directory."""
    monkeypatch.chdir(tmp_path)
    for name in ("softmax/0001", "softmax/0002-seed=1", "softmax/0012", "mlp/0001-wide"):
        start(tmp_path / "logs" / name)
    return Path("logs")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("logs/softmax/0001", "softmax/0001"),
        ("logs/softmax/0002", "softmax/0002-seed=1"),
        ("logs/softmax/2", "softmax/0002-seed=1"),
        ("./logs/softmax/0001/", "softmax/0001"),
        ("softmax/0002-seed=1", "softmax/0002-seed=1"),
        ("softmax/0002", "softmax/0002-seed=1"),
        ("softmax/2", "softmax/0002-seed=1"),
        ("softmax/00002", "softmax/0002-seed=1"),
        ("softmax/12/", "softmax/0012"),
        ("softmax/latest", "softmax/0012"),
        ("mlp/latest", "mlp/0001-wide"),
        ("logs/mlp/latest", "mlp/0001-wide"),
    ],
)
def test_names_of_runs(logs, name, found):
    for experiment in (None, "softmax", "mlp"):  # a name that says the experiment needs no other
        assert naming.find(name, logs, experiment) == logs / found
    (run,) = listing.find(logs, [name])
    assert run.name == found
    absolute = str(Path(name).absolute()) if name.startswith(("logs", "./")) else name
    assert naming.find(absolute, logs.absolute()) == logs.absolute() / found


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("2", "0002-seed=1"),
        ("0002", "0002-seed=1"),
        ("0002-seed=1", "0002-seed=1"),
        ("latest", "0012"),
    ],
)
def test_a_number_is_enough_where_the_experiment_is_known(logs, name, found):
    assert naming.find(name, logs, "softmax") == logs / "softmax" / found
    os.rename(logs / "mlp", "elsewhere")  # one experiment is left
    assert naming.find(name, logs) == logs / "softmax" / found
    assert listing.one(name, logs).name == f"softmax/{found}"


@pytest.mark.parametrize("name", ["1", "0001", "2", "0012"])
def test_a_number_is_not_enough_where_there_are_two_experiments(logs, name):
    with pytest.raises(UsageError, match=f"{name} matches no run.* did you mean .*/00"):
        naming.find(name, logs)


def test_a_path_comes_before_the_log_directory(logs):
    start(Path("softmax/0001"))
    start(Path("0001"))
    assert naming.find("softmax/0001", logs) == Path("softmax/0001")
    assert naming.find("0001", logs, "softmax") == Path("0001")
    assert listing.one("softmax/0001", logs).path == Path("softmax/0001")


def test_two_runs_of_one_number(logs):
    start(logs / "softmax" / "0002-seed=2")
    with pytest.raises(UsageError, match="0002-seed=1 or softmax/0002-seed=2; write .*whole name"):
        naming.find("softmax/2", logs)
    assert naming.find("softmax/0002-seed=2", logs) == logs / "softmax" / "0002-seed=2"


def test_latest_is_the_highest_number_of_an_experiment(logs):
    """Neither the newest file, nor the record, nor the order of the letters."""
    first = start(logs / "softmax" / "9999", "2026-03-03T00:00:00Z")
    last = start(logs / "softmax" / "10000-a", "2026-02-02T00:00:00Z")
    os.utime(last, (1, 1))
    os.utime(last / "run.json", (1, 1))
    os.utime(first / "run.json")
    (first / "new").touch()
    for name, experiment in (("latest", "softmax"), ("softmax/latest", None)):
        assert naming.find(name, logs, experiment) == last


def test_latest_of_several_experiments_was_started_last(logs):
    """By the records of the runs with the highest numbers, whatever was changed since."""
    start(logs / "mlp" / "0002", "2026-02-02T00:00:00Z")
    start(logs / "edges" / "0001", "2026-01-09T00:00:00Z")
    for path in sorted(logs.glob("mlp/0002/**/*")) + [logs / "mlp" / "0002"]:
        os.utime(path, (1, 1))
    assert naming.find("latest", logs) == logs / "mlp" / "0002"
    assert listing.one("latest", logs).name == "mlp/0002"
    start(logs / "softmax" / "0013", "2026-02-03T00:00:00Z")
    assert naming.find("latest", logs) == logs / "softmax" / "0013"


def test_latest_passes_over_what_never_began(logs):
    (logs / "softmax" / "0013").mkdir()
    (logs / "softmax" / "0013" / "lock").touch()
    (logs / "softmax" / "0014").mkdir()
    (logs / "aggregate" / "0099").mkdir(parents=True)
    assert naming.find("latest", logs, "softmax") == logs / "softmax" / "0012"
    assert naming.find("softmax/13", logs) == logs / "softmax" / "0013"  # it can be removed


def test_latest_of_damaged_records(logs):
    (logs / "softmax" / "0012" / "run.json").write_text("{")
    assert naming.find("latest", logs, "softmax") == logs / "softmax" / "0012"
    assert naming.find("latest", logs) == logs / "mlp" / "0001-wide"


@pytest.mark.parametrize(
    ("name", "experiment", "meant"),
    [
        ("sofmax/1", None, "softmax/0001"),
        ("softmax/3", None, "softmax/0002-seed=1"),
        ("softmax/0002-sead=1", None, "softmax/0002-seed=1"),
        ("logs/sofmax/0002", None, "softmax/0002-seed=1"),
        ("0002-sead=1", None, "softmax/0002-seed=1"),
        ("0002-sead=1", "softmax", "softmax/0002-seed=1"),
        ("3", "softmax", "softmax/0002-seed=1"),
        ("0012-batch", "edges", "edges/0012-batch_size=20,learning_rate=0.5"),
        ("mpl/latest", None, "mlp/latest"),
        ("sofmax", None, "softmax"),
        ("lates", None, "latest"),
    ],
)
def test_a_typing_mistake_gets_the_names_of_close_runs(logs, name, experiment, meant):
    start(logs / "edges" / "0012-batch_size=20,learning_rate=0.5")
    with pytest.raises(UsageError, match="did you mean ") as error:
        naming.find(name, logs, experiment)
    line = str(error.value)
    assert line.startswith(f"{name} matches no run")
    assert meant in line.partition("did you mean ")[2].rstrip("?").replace(" or ", ", ").split(", ")


@pytest.mark.parametrize(
    "name",
    ["", "/", "nothing", "logs", "softmax", "9" * 5000, "a" * 300, "~/x", "softmax/latest/1"],
)
def test_what_names_no_run(logs, name):
    assert naming.match(name, logs) is None
    with pytest.raises(UsageError, match="matches no run"):
        naming.find(name, logs)


def test_there_is_nothing_to_name(tmp_path):
    for name, experiment in (("latest", "softmax"), ("latest", None), ("softmax/latest", None)):
        with pytest.raises(UsageError, match="matches no run"):
            naming.find(name, tmp_path, experiment)
    with pytest.raises(UsageError, match="there is no log directory .*nowhere"):
        naming.find("softmax/0001", tmp_path / "nowhere")


def test_runs_one_level_deeper(tmp_path: Path) -> None:
    """The runs of old scripts are below v1."""
    start(tmp_path / "softmax" / "0001")
    newest = start(tmp_path / "v1" / "old" / "0002", "2027-01-01T00:00:00Z")
    assert naming.find("latest", tmp_path) == newest
    assert naming.find("v1/old/2", tmp_path) == newest
    with pytest.raises(UsageError, match="did you mean v1/old/latest or v1/old/0002"):
        naming.find("v1/old/", tmp_path)
