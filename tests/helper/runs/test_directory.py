from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from helper.errors import LabError, UsageError
from helper.files import PROJECT_ROOT
from helper.runs import directory as runs
from helper.runs import record
from helper.runs.commit import commit
from helper.runs.record import Record, Status

RECORD = Record("softmax", "", steps=10)


def test_new_directories_are_numbered(tmp_path):
    logdir = tmp_path / "deep" / "logs"
    made = [runs.create(logdir, suffix, RECORD) for suffix in ("", "a=1", "")]
    assert [run.path.name for run in made] == ["0001", "0002-a=1", "0003"]
    assert all(run.path.parent == logdir / "softmax" for run in made)
    assert record.load(made[1].path) == replace(RECORD, name="0002-a=1")


def test_numbers_go_on_after_gaps_and_strangers(tmp_path):
    for name in ("0007-x", "0003", "notes", "12", "0100x"):
        (tmp_path / "softmax" / name).mkdir(parents=True)
    assert runs.create(tmp_path, "", RECORD).path.name == "0008"
    (tmp_path / "softmax" / "12345-y").mkdir()
    assert runs.create(tmp_path, "", RECORD).path.name == "12346"


def test_racers_get_directories_of_their_own(tmp_path):
    with ThreadPoolExecutor(20) as pool:
        made = list(pool.map(lambda n: runs.create(tmp_path, f"n={n % 3}", RECORD), range(20)))
    numbers = sorted(run.path.name[:4] for run in made)
    assert numbers == [f"{number:04d}" for number in range(1, 21)]


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\n", "-x", "a b", "x" * 121, "é", "a\0"])
def test_names_that_are_refused(tmp_path, name):
    with pytest.raises(UsageError, match="not a valid run name"):
        runs.check_name(name)
    if name:
        with pytest.raises(UsageError):
            runs.create(tmp_path, name, RECORD)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a", "0", "A.b_c=d,e-f", "x" * 120, "1..2"])
def test_names_that_are_taken(name):
    runs.check_name(name)


def test_nothing_stays_of_a_directory_that_could_not_be_made(tmp_path, monkeypatch):
    def full_disk(self):
        (self.path / "half").write_text("x")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(runs.Run, "save_record", full_disk)
    with pytest.raises(LabError, match="No space left on device; choose another with --logdir"):
        runs.create(tmp_path / "logs", "", RECORD)
    assert not list(tmp_path.iterdir())


def test_what_was_there_before_stays(tmp_path, monkeypatch):
    first = runs.create(tmp_path, "", RECORD)

    def full_disk(self):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(runs.Run, "save_record", full_disk)
    with pytest.raises(LabError):
        runs.create(tmp_path, "", RECORD)
    assert list((tmp_path / "softmax").iterdir()) == [first.path]
    assert record.load(first.path) == first.record


def test_a_log_directory_that_is_a_link_is_fine(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "logs").symlink_to(tmp_path / "far")
    run = runs.create(tmp_path / "logs", "", RECORD)
    assert (tmp_path / "far" / "softmax" / "0001").samefile(run.path)


def test_link_out_of_the_log_directory(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "softmax").symlink_to("../far")
    with pytest.raises(UsageError, match="leads out"):
        runs.create(tmp_path / "logs", "", RECORD)
    assert not list((tmp_path / "far").iterdir())


def test_working_directory_that_is_gone(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(LabError, match="cannot write to the log directory"):
        runs.create("logs", "", RECORD)


def test_status_of_a_run_whose_process_was_killed(tmp_path):
    script = (
        "import sys, time\n"
        "from helper.runs import directory as runs\n"
        "from helper.runs.record import Record\n"
        "run = runs.create(sys.argv[1], '', Record('softmax', ''))\n"
        "print(run.path, flush=True)\n"
        "time.sleep(60)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT_ROOT,
    )
    try:
        assert process.stdout
        path = Path(process.stdout.readline().strip())
        found = record.load(path)
        assert runs.is_locked(path) and runs.status(path, found) is Status.RUNNING
        with pytest.raises(LabError, match="in use by another process"):
            runs.Run(path, found)
    finally:
        process.kill()
        process.communicate()
    assert not runs.is_locked(path) and runs.status(path, found) is Status.KILLED
    completed = replace(found, status=Status.COMPLETED)
    assert runs.status(path, completed) is Status.COMPLETED


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to("far")])
def test_a_lock_that_is_not_a_file_is_refused_at_once(tmp_path, make):
    made = runs.create(tmp_path, "", RECORD)
    made.close()
    (made.path / "lock").unlink()
    make(made.path / "lock")
    assert not runs.is_locked(made.path)
    with pytest.raises(LabError, match="cannot write to"):
        runs.reopen(made.path)


def test_record_is_replaced_whole(tmp_path):
    run = runs.create(tmp_path, "", RECORD)
    with open(run.path / "run.json") as before:
        run.record.status = Status.COMPLETED
        run.save_record()
        assert json.load(before)["status"] == "running"  # a reader keeps the old one
    assert json.loads((run.path / "run.json").read_text())["status"] == "completed"
    assert sorted(path.name for path in run.path.iterdir()) == ["lock", "run.json"]


def test_now_is_utc():
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", runs.now())


def test_commit_is_that_of_the_project_from_any_directory(tmp_path, monkeypatch):
    git = ["git", "-C", str(PROJECT_ROOT), "rev-parse", "HEAD"]
    head = subprocess.run(git, capture_output=True, text=True)
    if head.returncode:
        pytest.skip("the project is not in a git checkout")
    monkeypatch.chdir(tmp_path)
    assert (commit().name or "").removesuffix("+changes") == head.stdout.strip()


def test_a_file_system_without_locks_is_refused(tmp_path, monkeypatch):
    """Two processes could write one run there, so there is none."""

    def flock(handle, operation):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(LabError, match="No locks available; choose another with --logdir"):
        runs.create(tmp_path / "logs", "", RECORD)
    assert not list(tmp_path.iterdir())
