from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import tarfile

import pytest

from scripts import clean_runs
from tests.command_line import script
from tests.made_runs import make_run, scalar, write_events


def clean(logdir, *arguments):
    return script(clean_runs.main, "--logdir", logdir, *arguments)


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


def test_awkward_names_are_listed_literally(logs):
    for name in ("\x1b[31mred", r"x\[/bold]", os.fsdecode(b"\xff")):
        write_events(logs / name, scalar(0, {"loss": 1.0}))
    done = clean(logs, "list")
    assert done.code == 0 and "\x1b" not in done.stdout
    assert all(name in done.stdout for name in (r"\x1b[31mred", r"x\[/bold]", r"\udcff"))
    done = clean(logs, "remove", logs / "\x1b[31mred", "--yes")
    assert done.stderr == "error: \\x1b[31mred was left alone: made by another program\n"


def test_list(logs):
    shown = clean(logs, "list").stdout
    for word in ("completed", "killed", "failed", "running", "foreign"):
        assert word in shown


@pytest.mark.parametrize("action", ["remove", "archive"])
def test_nothing_happens_without_yes(logs, action):
    shown = clean(logs, action, "--status", "killed,failed").stdout
    assert f"would {action} 2 runs; add --yes to do it" in shown
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
        (["--status", ""], [1, 2, 3, 4]),
        (["--status", "failed, killed"], [1, 4]),
        (["--shorter_than", "30"], [1, 2, 3, 4]),
    ],
)
def test_remove_what_was_chosen_and_never_a_running_run(logs, arguments, left):
    done = clean(logs, "remove", "--yes", *arguments)
    assert (done.code, done.stderr) == (0, "")
    assert names(logs) == [f"softmax/000{number}" for number in left]
    assert [path.name for path in (logs / "softmax").iterdir() if path.name[0] == "."] == []
    assert (logs / "theirs").exists()


@pytest.mark.parametrize("action", ["remove", "archive", "rename"])
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("softmax/0004", "running"),
        ("theirs", "made by another program"),
        ("alias/0001", "outside of the log directory, or reached through a link"),
        ("softmax/0008", "outside of the log directory, or reached through a link"),
        ("softmax/0007", "its lock is a link"),
    ],
)
def test_a_named_run_that_is_left_alone_is_an_error(logs, action, name, why):
    (logs / "alias").symlink_to("softmax")
    (logs / "softmax" / "0008").symlink_to("0003")
    (make_run(logs / "softmax" / "0007") / "lock").unlink()
    (logs / "softmax" / "0007" / "lock").symlink_to(logs / "softmax" / "0001" / "lock")
    before = sorted(logs.rglob("*"))
    arguments = [action, name] + ["new"] * (action == "rename")
    done = clean(logs, *arguments, "--yes")
    assert done.code == 1
    assert done.stderr == f"error: {name} was left alone: {why}\n"
    assert sorted(logs.rglob("*")) == before
    assert clean(logs, *arguments).code == 0  # without --yes it only shows


def test_the_others_are_removed_and_the_exit_code_says_that_one_was_not(logs):
    done = clean(logs, "remove", "softmax", "--yes")
    assert (done.code, names(logs)) == (1, ["softmax/0004"])
    assert done.stderr == "error: softmax/0004 was left alone: running\n"


def test_archive_holds_the_run_and_brings_it_back(logs):
    before = {
        path.relative_to(logs): path.read_bytes()
        for path in (logs / "softmax" / "0001").rglob("*")
        if path.is_file()
    }
    assert clean(logs, "archive", "softmax/0001", "--yes").code == 0
    assert "softmax/0001" not in names(logs)
    with tarfile.open(logs / "archive" / "softmax" / "0001.tar.gz") as packed:
        packed.extractall(logs)
    assert {path: (logs / path).read_bytes() for path in before} == before


def test_an_archive_is_never_overwritten(logs):
    target = logs / "archive" / "softmax" / "0001.tar.gz"
    target.parent.mkdir(parents=True)
    target.write_text("older")
    done = clean(logs, "archive", "softmax/0001", "--yes")
    assert done.code == 1 and "exists already" in done.stderr
    assert target.read_text() == "older" and "softmax/0001" in names(logs)


def test_rename_keeps_the_number_and_changes_the_record(logs):
    shown = clean(logs, "rename", "softmax/0001", "baseline").stdout
    assert shown.endswith("would rename 1 run; add --yes to do it\n")
    assert clean(logs, "rename", "softmax/0001", "baseline", "--yes").code == 0
    record = json.loads((logs / "softmax" / "0001-baseline" / "run.json").read_text())
    assert record["name"] == "0001-baseline"
    done = clean(logs, "rename", "softmax/0001-baseline", "0003", "--yes")
    assert done.code == 1 and "already a run" in done.stderr


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
    assert done.code == 1 and "leads out" in done.stderr
    assert list((tmp_path / "outside").iterdir()) == []


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["remove"], "say which runs"),
        (["archive", "--yes"], "say which runs"),
        (["remove", "--yes", "--where", ""], "--where"),
        (["remove", "--yes", "--older_than", ""], "not a duration"),
        (["remove", "softmax/0009"], "matches no run"),
        (["remove", "--older_than", "week"], "not a duration"),
        (["rename", "softmax/0001"], "a run and its new name"),
        (["rename", "softmax", "x"], "matches 4 runs"),
        (["rename", "softmax/0001", "../../x", "--yes"], "not a valid run name"),
        (["shred"], "invalid choice"),
    ],
)
def test_a_mistake_is_one_line(logs, arguments, message):
    done = clean(logs, *arguments)
    assert done.code == 2
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
    assert message in done.stderr
    assert len(names(logs)) == 4


def test_runs_as_a_command_from_anywhere(logs):
    words = [sys.executable, clean_runs.__file__, "remove", "0003", "0004", "--yes", "--logdir=.."]
    done = subprocess.run(words, cwd=logs / "softmax", capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "error: softmax/0004 was left alone: running\n")
    assert done.stdout.splitlines()[-1] == "removed softmax/0003"
