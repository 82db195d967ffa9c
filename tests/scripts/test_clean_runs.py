from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.made_runs import make_run, scalar, write_events

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "clean_runs.py"


def clean(logdir, *arguments):
    return subprocess.run(
        [sys.executable, SCRIPT, "--logdir", logdir, *arguments], capture_output=True, text=True
    )


def names(logdir):
    return sorted(str(path.parent.relative_to(logdir)) for path in logdir.glob("*/*/lock"))


@pytest.fixture
def logs(tmp_path):
    top = tmp_path / "logs"
    make_run(top / "softmax" / "0001", curve={0: 0.5})
    make_run(top / "softmax" / "0002", status="running", steps=30)
    make_run(top / "softmax" / "0003", status="failed", steps=50)
    make_run(top / "softmax" / "0004", status="running")
    write_events(top / "theirs", scalar(0, {"loss": 1.0}))
    with open(top / "softmax" / "0004" / "lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield top


def test_list(logs):
    shown = clean(logs, "list").stdout
    for word in ("completed", "killed", "failed", "running", "foreign"):
        assert word in shown


@pytest.mark.parametrize("action", ["remove", "archive"])
def test_nothing_happens_without_yes(logs, action):
    shown = clean(logs, action, "--status", "killed,failed").stdout
    assert f"would {action} 2 of them" in shown
    assert len(names(logs)) == 4
    assert not (logs / "archive").exists()


@pytest.mark.parametrize(
    "arguments, left",
    [
        (["--status", "killed,failed"], [1, 4]),
        (["--shorter_than", "50"], [1, 3, 4]),
        (["--older_than", "1d"], [4]),
        (["--older_than", "500000w"], [1, 2, 3, 4]),
        (["--where", "status=killed"], [1, 3, 4]),
        (["softmax/0003", "--status", "killed"], [1, 2, 3, 4]),
        (["softmax", "theirs"], [4]),
    ],
)
def test_remove_what_was_chosen_and_never_a_running_run(logs, arguments, left):
    done = clean(logs, "remove", "--yes", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert names(logs) == [f"softmax/000{number}" for number in left]
    assert [path.name for path in (logs / "softmax").iterdir() if path.name[0] == "."] == []
    assert (logs / "theirs").exists()


def test_archive_holds_the_run_and_brings_it_back(logs):
    before = {
        path.relative_to(logs): path.read_bytes()
        for path in (logs / "softmax" / "0001").rglob("*")
        if path.is_file()
    }
    assert clean(logs, "archive", "softmax/0001", "--yes").returncode == 0
    assert "softmax/0001" not in names(logs)
    with tarfile.open(logs / "archive" / "softmax" / "0001.tar.gz") as packed:
        packed.extractall(logs)
    assert {path: (logs / path).read_bytes() for path in before} == before


def test_an_archive_is_never_overwritten(logs):
    target = logs / "archive" / "softmax" / "0001.tar.gz"
    target.parent.mkdir(parents=True)
    target.write_text("older")
    done = clean(logs, "archive", "softmax/0001", "--yes")
    assert done.returncode == 1 and "exists already" in done.stderr
    assert target.read_text() == "older" and "softmax/0001" in names(logs)


def test_rename_keeps_the_number_and_changes_the_record(logs):
    assert clean(logs, "rename", "softmax/0001", "baseline").stdout.endswith("--yes does it\n")
    assert clean(logs, "rename", "softmax/0001", "baseline", "--yes").returncode == 0
    record = json.loads((logs / "softmax" / "0001-baseline" / "run.json").read_text())
    assert record["name"] == "0001-baseline"
    done = clean(logs, "rename", "softmax/0001-baseline", "0003", "--yes")
    assert done.returncode == 1 and "already a run" in done.stderr


def test_links_out_of_the_log_directory(logs, tmp_path):
    outside = tmp_path / "outside"
    make_run(outside / "0001")
    make_run(outside / "0002")
    (logs / "linked").symlink_to(outside)
    (logs / "softmax" / "0009").symlink_to(outside / "0002")
    (logs / "softmax" / "0001" / "inner").symlink_to(outside)
    for name in ("linked", "linked/0001", "softmax/0009", str(outside), "softmax/0001"):
        clean(logs, "remove", "--yes", name)
    assert sorted(os.listdir(outside / "0001")) == sorted(os.listdir(outside / "0002"))
    assert (outside / "0001" / "run.json").exists()
    assert not (logs / "softmax" / "0001").exists()


def test_an_archive_does_not_leave_through_a_link(logs, tmp_path):
    (tmp_path / "outside").mkdir()
    (logs / "archive").symlink_to(tmp_path / "outside")
    done = clean(logs, "archive", "softmax/0001", "--yes")
    assert done.returncode == 1 and "leads out" in done.stderr
    assert list((tmp_path / "outside").iterdir()) == []


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["remove"], "say which runs"),
        (["archive", "--yes"], "say which runs"),
        (["remove", "softmax/0009"], "matches no run"),
        (["remove", "--older_than", "week"], "no duration"),
        (["rename", "softmax/0001"], "a run and its new name"),
        (["rename", "softmax", "x"], "matches 4 runs"),
        (["rename", "softmax/0001", "../../x", "--yes"], "not usable"),
        (["shred"], "invalid choice"),
    ],
)
def test_a_mistake_is_one_line(logs, arguments, message):
    done = clean(logs, *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
    assert message in done.stderr
    assert len(names(logs)) == 4
