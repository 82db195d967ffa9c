from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from helper.errors import LabError, UsageError
from helper.files import PROJECT_ROOT
from helper.runs import directory as runs

RECORD = {"status": "running", "steps": 10}


def test_new_directories_are_numbered(tmp_path):
    logdir = tmp_path / "deep" / "logs"
    made = [runs.create(logdir, "softmax", suffix, RECORD) for suffix in ("", "a=1", "")]
    assert [run.path.name for run in made] == ["0001", "0002-a=1", "0003"]
    assert all(run.path.parent == logdir / "softmax" for run in made)
    assert runs.read_record(made[1].path) == {
        "format": 1,
        "experiment": "softmax",
        "name": "0002-a=1",
        **RECORD,
    }


def test_numbers_go_on_after_gaps_and_strangers(tmp_path):
    for name in ("0007-x", "0003", "notes", "12", "0100x"):
        (tmp_path / "softmax" / name).mkdir(parents=True)
    assert runs.create(tmp_path, "softmax", "", RECORD).path.name == "0008"
    (tmp_path / "softmax" / "12345-y").mkdir()
    assert runs.create(tmp_path, "softmax", "", RECORD).path.name == "12346"


def test_racers_get_directories_of_their_own(tmp_path):
    with ThreadPoolExecutor(20) as pool:
        made = list(
            pool.map(lambda n: runs.create(tmp_path, "softmax", f"n={n % 3}", RECORD), range(20))
        )
    numbers = sorted(run.path.name[:4] for run in made)
    assert numbers == [f"{number:04d}" for number in range(1, 21)]


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\n", "-x", "a b", "x" * 65, "é", "a\0"])
def test_names_that_are_refused(tmp_path, name):
    with pytest.raises(UsageError, match="not usable"):
        runs.check_name(name)
    if name:
        with pytest.raises(UsageError):
            runs.create(tmp_path, "softmax", name, RECORD)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a", "0", "A.b_c=d,e-f", "x" * 64, "1..2"])
def test_names_that_are_taken(name):
    runs.check_name(name)


def test_nothing_stays_of_a_directory_that_could_not_be_made(tmp_path, monkeypatch):
    def full_disk(self):
        (self.path / "half").write_text("x")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(runs.Run, "save_record", full_disk)
    with pytest.raises(LabError, match="No space left on device; choose another with --logdir"):
        runs.create(tmp_path / "logs", "softmax", "", RECORD)
    assert not list(tmp_path.iterdir())


def test_what_was_there_before_stays(tmp_path, monkeypatch):
    first = runs.create(tmp_path, "softmax", "", RECORD)

    def full_disk(self):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(runs.Run, "save_record", full_disk)
    with pytest.raises(LabError):
        runs.create(tmp_path, "softmax", "", RECORD)
    assert list((tmp_path / "softmax").iterdir()) == [first.path]
    assert runs.read_record(first.path)


def test_a_log_directory_that_is_a_link_is_fine(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "logs").symlink_to(tmp_path / "far")
    run = runs.create(tmp_path / "logs", "softmax", "", RECORD)
    assert (tmp_path / "far" / "softmax" / "0001").samefile(run.path)


def test_link_out_of_the_log_directory(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "softmax").symlink_to("../far")
    with pytest.raises(UsageError, match="leads out"):
        runs.create(tmp_path / "logs", "softmax", "", RECORD)
    assert not list((tmp_path / "far").iterdir())


def test_working_directory_that_is_gone(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(LabError, match="cannot write to the log directory"):
        runs.create("logs", "softmax", "", RECORD)


def test_status_of_a_run_whose_process_was_killed(tmp_path):
    script = (
        "import sys, time\n"
        "from helper.runs import directory as runs\n"
        "run = runs.create(sys.argv[1], 'softmax', '', {'status': 'running'})\n"
        "print(run.path, flush=True)\n"
        "time.sleep(60)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=os.path.dirname(os.path.dirname(runs.__file__)),
    )
    try:
        assert process.stdout
        path = process.stdout.readline().strip()
        record = runs.read_record(path)
        assert record
        assert runs.is_locked(path) and runs.status(path, record) == "running"
        with pytest.raises(LabError, match="in use by another process"):
            runs.Run(tmp_path / "softmax" / "0001", record)
    finally:
        process.kill()
        process.communicate()
    assert not runs.is_locked(path) and runs.status(path, record) == "killed"
    assert runs.status(path, record | {"status": "completed"}) == "completed"


def test_records_that_cannot_be_read(tmp_path):
    assert runs.read_record(tmp_path) is None
    for text in ("", "[]", '{"format": 99}', "{", "\xff"):
        (tmp_path / "run.json").write_text(text, encoding="latin-1")
        assert runs.read_record(tmp_path) is None


def test_record_is_replaced_whole(tmp_path):
    run = runs.create(tmp_path, "softmax", "", RECORD)
    with open(run.path / "run.json") as before:
        run.record["status"] = "completed"
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
    assert (runs.commit() or "").removesuffix("+changes") == head.stdout.strip()


def test_a_number_stands_for_the_whole_name(tmp_path):
    made = [runs.create(tmp_path, "softmax", suffix, RECORD).path for suffix in ("", "a=1")]
    assert runs.by_number(tmp_path / "softmax" / "0002") == made[1]
    assert runs.by_number(made[0]) == made[0]
    assert runs.by_number(tmp_path / "softmax" / "0003") == tmp_path / "softmax" / "0003"
