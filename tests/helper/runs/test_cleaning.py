from __future__ import annotations

import datetime
import fcntl
import io
import json
import os
import shutil
import tarfile

import pytest

from helper.errors import LabError, UsageError
from helper.runs import cleaning, listing
from tests.made_runs import make_run


@pytest.fixture
def logdir(tmp_path):
    make_run(tmp_path / "logs" / "softmax" / "0001", curve={0: 0.5})
    return tmp_path / "logs"


def listed(logdir, name="softmax/0001"):
    (run,) = listing.find(logdir, [str(logdir / name)])
    return run


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("30m", 1800), ("1.5h", 5400), ("7d", 604_800), ("2w", 1_209_600)],
)
def test_durations(text, seconds):
    assert cleaning.seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "7", "d", "-1d", "7 d", "1e3s", "7D", "1d2h"])
def test_what_is_not_a_duration(text):
    with pytest.raises(UsageError, match="not a duration"):
        cleaning.seconds(text)


def test_age_counts_from_the_end_else_the_start_else_the_directory(logdir):
    run = listed(logdir)
    now = datetime.datetime(2026, 1, 8, 12, 0, 0, tzinfo=datetime.timezone.utc)
    run.record.started, run.record.ended = "2026-01-01T00:00:00Z", "2026-01-08T11:59:00Z"
    assert cleaning.age(run, now) == 60
    run.record.ended = None
    assert cleaning.age(run, now) == 7.5 * 86400
    run.record.started = "yesterday"
    os.utime(run.path, (0, now.timestamp() - 5))
    assert cleaning.age(run, now) == 5
    shutil.rmtree(run.path)
    assert cleaning.age(run, now) == 0


def test_size_does_not_follow_links(tmp_path):
    (tmp_path / "run" / "train").mkdir(parents=True)
    (tmp_path / "run" / "a").write_bytes(bytes(100))
    (tmp_path / "run" / "train" / "b").write_bytes(bytes(20))
    (tmp_path / "large").write_bytes(bytes(10_000))
    (tmp_path / "run" / "link").symlink_to(tmp_path / "large")
    assert 120 < cleaning.size(tmp_path / "run") < 1_000


def test_size_of_a_run_that_removes_files_meanwhile(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(bytes(100))
    monkeypatch.setattr(os, "walk", lambda path: [(str(path), [], ["a", "gone"])])
    assert cleaning.size(tmp_path) == 100


def test_obstacles(logdir):
    run = listed(logdir)
    assert cleaning.obstacle(run, logdir) is None
    # A finished run that is being resumed still says "completed" for a moment.
    with open(run.path / "lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert cleaning.obstacle(run, logdir) == "running"
    assert cleaning.obstacle(run, logdir / "softmax" / "0001") is not None
    assert cleaning.obstacle(run, logdir.parent / "elsewhere") is not None


@pytest.mark.parametrize("link", ["softmax/0002", "alias/0001"])
def test_a_run_is_never_touched_through_a_link_inside_the_log_directory(logdir, link):
    (logdir / "alias").symlink_to("softmax")
    (logdir / "softmax" / "0002").symlink_to("0001")
    run = listed(logdir, link)
    for action in (
        lambda: cleaning.remove(run, logdir),
        lambda: cleaning.archive(run, logdir),
        lambda: cleaning.rename(run, "other", logdir),
    ):
        with pytest.raises(LabError, match="through a link"):
            action()
    assert (logdir / "softmax" / "0001" / "run.json").is_file()
    assert sorted(os.listdir(logdir)) == ["alias", "softmax"]
    assert sorted(os.listdir(logdir / "softmax")) == ["0001", "0002"]


def test_the_log_directory_itself_may_be_a_link(logdir, tmp_path):
    (tmp_path / "link").symlink_to(logdir)
    cleaning.remove(listed(tmp_path / "link"), tmp_path / "link")
    assert os.listdir(logdir / "softmax") == []


def packed_with(change):
    """`cleaning._pack`, but the archive holds the files of a run as `change` gives them."""

    def pack(run, file):
        with tarfile.open(fileobj=file, mode="w:gz") as packed:
            for path in (path for path in sorted(run.path.rglob("*")) if path.is_file()):
                content = change(path.name, path.read_bytes())
                if content is not None:
                    name = f"{run.name}/{path.relative_to(run.path)}"
                    member = tarfile.TarInfo(name)
                    member.size = len(content)
                    packed.addfile(member, io.BytesIO(content))

    return pack


@pytest.mark.parametrize(
    "change",
    [
        lambda name, content: content[:-1] if name == "run.json" else content,
        lambda name, content: content + b"\n" if name == "run.json" else content,
        lambda name, content: content.replace(b"mnist", b"mnisd"),
        lambda name, content: None if name == "flags.txt" else content,
    ],
    ids=["shorter", "longer", "changed", "missing"],
)
def test_a_run_is_kept_whose_archive_is_not_the_same(logdir, monkeypatch, change):
    before = {path: path.read_bytes() for path in logdir.rglob("*") if path.is_file()}
    with monkeypatch.context() as patched:
        patched.setattr(cleaning, "_pack", packed_with(change))
        with pytest.raises(LabError, match="is not intact in .*; the run was kept"):
            cleaning.archive(listed(logdir), logdir)
    # Nothing of the archive is left: the next one is not blocked by it.
    assert {path: path.read_bytes() for path in logdir.rglob("*") if path.is_file()} == before
    assert cleaning.archive(listed(logdir), logdir).is_file()
    assert not (logdir / "softmax" / "0001").exists()


def test_an_archive_of_no_use_is_removed(logdir, monkeypatch):
    monkeypatch.setattr(
        cleaning, "_pack", lambda run, file: file.write(b"\x1f\x8b, but no archive")
    )
    with pytest.raises(LabError, match="cannot be read back.*the run was kept"):
        cleaning.archive(listed(logdir), logdir)
    assert os.listdir(logdir / "archive" / "softmax") == []
    assert (logdir / "softmax" / "0001" / "run.json").is_file()


@pytest.mark.parametrize("operation", ["rename", "replace", "fsync"])
def test_an_archive_that_fails_leaves_the_run_and_nothing_else(logdir, monkeypatch, operation):
    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, operation, fail)
        with pytest.raises(LabError, match="softmax/0001: No space left on device"):
            cleaning.archive(listed(logdir), logdir)
    assert [path for path in (logdir / "archive").rglob("*") if path.is_file()] == []
    assert listed(logdir).status == "completed"
    cleaning.archive(listed(logdir), logdir)


def test_what_cannot_be_deleted_is_named(logdir, monkeypatch):
    def fail(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(cleaning.shutil, "rmtree", fail)
    with pytest.raises(LabError, match=r"\.removed-0001-\d+ is left.*Permission denied"):
        cleaning.remove(listed(logdir), logdir)
    assert listing.find(logdir) == []


def test_links_and_fifos_in_a_run_are_archived_as_what_they_are(logdir, tmp_path):
    path = logdir / "softmax" / "0001"
    (tmp_path / "secret").write_text("not to be copied")
    (path / "link").symlink_to(tmp_path / "secret")
    (path / "dangling").symlink_to("nowhere")
    os.link(path / "run.json", path / "again.json")
    os.mkfifo(path / "fifo")
    with tarfile.open(cleaning.archive(listed(logdir), logdir)) as packed:
        assert packed.getmember("softmax/0001/link").issym()
        assert packed.getmember("softmax/0001/fifo").isfifo()
    assert (tmp_path / "secret").exists() and not path.exists()


def test_rename(logdir):
    run = listed(logdir)
    assert cleaning.rename(run, "baseline", logdir) == logdir / "softmax" / "0001-baseline"
    record = json.loads((logdir / "softmax" / "0001-baseline" / "run.json").read_text())
    assert record["name"] == "0001-baseline"
    make_run(logdir / "softmax" / "0002")
    with pytest.raises(LabError, match="already a run"):
        cleaning.rename(listed(logdir, "softmax/0002"), "0001-baseline", logdir)
    for name in ("../x", "a b", "", "x" * 121):
        with pytest.raises(UsageError, match="not a valid run name"):
            cleaning.rename(listed(logdir, "softmax/0002"), name, logdir)
