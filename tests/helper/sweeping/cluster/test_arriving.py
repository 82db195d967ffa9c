"""A run that comes back takes its place: whole, with a number of its own, or not at all."""

from __future__ import annotations

import json

import pytest

from helper.errors import LabError
from helper.runs import directory, record
from helper.sweeping.cluster import archive, arriving
from tests.made_runs import make_run


@pytest.fixture
def away(tmp_path):
    """The archive of a run that another machine has made, and its directory there."""
    path = make_run(tmp_path / "away" / "toy" / "0001-seed=3", seed=3, logdir="/scratch/x")
    change(path, argv=["toy.py", "--seed=3", "--logdir=/scratch/x"], id="abc")
    return path


def change(path, **fields):
    found = json.loads((path / "run.json").read_text())
    (path / "run.json").write_text(json.dumps(found | fields))


def test_it_gets_the_next_number_and_belongs_here(tmp_path, away):
    logdir = tmp_path / "logs"
    make_run(logdir / "toy" / "0007")
    path = arriving.place_new(archive.pack(away), logdir, "toy")
    assert path == logdir / "toy" / "0008-seed=3"
    found = record.load(path)
    assert (found.name, found.flags["logdir"]) == ("0008-seed=3", str(logdir))
    assert found.argv == ["toy.py", "--seed=3", f"--logdir={logdir}"]
    assert f"--logdir={logdir}\n" in (path / "flags.txt").read_text()
    assert sorted(p.name for p in path.parent.iterdir()) == ["0007", "0008-seed=3"]
    directory.reopen(path).close()


@pytest.mark.parametrize(
    "fields, why",
    [
        ({"experiment": "other"}, "is a run of other"),
        ({"experiment": "../x"}, "plain directory name"),
        ({"format": 99}, "newer version"),
        ({"name": "../../evil"}, None),
        ({"name": "0001-../../evil"}, None),
    ],
)
def test_a_hostile_record(tmp_path, away, fields, why):
    change(away, **fields)
    logdir = tmp_path / "logs"
    if why is None:  # only the name is wrong: it gets another one
        assert arriving.place_new(archive.pack(away), logdir, "toy").name == "0001"
        return
    with pytest.raises(LabError, match=why):
        arriving.place_new(archive.pack(away), logdir, "toy")
    assert not list((logdir / "toy").iterdir())


def test_a_damaged_archive_leaves_nothing(tmp_path):
    with pytest.raises(LabError, match="nothing was kept"):
        arriving.place_new(b"nonsense", tmp_path / "logs", "toy")
    assert not list((tmp_path / "logs" / "toy").iterdir())


@pytest.mark.parametrize("in_one_step", [True, False])
def test_a_resumed_run_is_replaced(tmp_path, away, monkeypatch, in_one_step):
    if not in_one_step:
        monkeypatch.setattr(arriving.sys, "platform", "darwin")
    logdir = tmp_path / "logs"
    path = make_run(logdir / "toy" / "0004-seed=3", status="interrupted", seed=3)
    change(path, id="abc")
    (path / "old").touch()
    run = directory.reopen(path)
    arriving.replace(archive.pack(away), path, run.record, logdir)
    run.close()
    assert record.load(path).name == "0004-seed=3" and record.load(path).status == "completed"
    assert not (path / "old").exists()
    assert [p.name for p in path.parent.iterdir()] == ["0004-seed=3"]


def test_another_run_replaces_nothing(tmp_path, away):
    path = make_run(tmp_path / "logs" / "toy" / "0004", status="interrupted")
    change(path, id="xyz")
    run = directory.reopen(path)
    with pytest.raises(LabError, match="another run"):
        arriving.replace(archive.pack(away), path, run.record, tmp_path / "logs")
    assert record.load(path).id == "xyz"
    run.close()
