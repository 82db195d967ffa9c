from __future__ import annotations

import os

import pytest

from helper.runs import event_files


def touch(directory, *names):
    for name in names:
        (directory / name).touch()


def test_in_the_order_in_which_they_were_begun(tmp_path):
    names = [
        "events.out.tfevents.9.host.1.0",
        "events.out.tfevents.1700000000.host.9.0",
        "events.out.tfevents.1700000000.host.10.0",
        "events.out.tfevents.1700000000.host.10.2",
        "events.out.tfevents.1700000000.host.10.11",
        "another.tfevents.1700000001",
        "events.out.tfevents.10000000000.host.1.0",
    ]
    touch(tmp_path, *reversed(names), "run.json")
    assert [path.name for path in event_files.find(tmp_path)] == names


def test_names_without_a_time_come_first(tmp_path):
    touch(tmp_path, "events.out.tfevents.5.a", "tfevents", "my.tfevents.x", "tfevents.\u00b2")
    assert event_files.find(tmp_path)[-1].name == "events.out.tfevents.5.a"
    assert len(event_files.find(tmp_path)) == 4


def test_only_regular_files_in_the_directory_itself(tmp_path):
    (tmp_path / "elsewhere").write_bytes(b"")
    run = tmp_path / "run"
    (run / "train").mkdir(parents=True)
    touch(run, "events.out.tfevents.1.host")
    touch(run / "train", "events.out.tfevents.1.host")
    (run / "events.out.tfevents.2.directory").mkdir()
    (run / "events.out.tfevents.3.link").symlink_to(tmp_path / "elsewhere")
    (run / "events.out.tfevents.4.dangling").symlink_to(tmp_path / "nothing")
    os.mkfifo(run / "events.out.tfevents.5.fifo")
    assert event_files.find(run) == [run / "events.out.tfevents.1.host"]


def test_no_directory(tmp_path):
    touch(tmp_path, "file")
    assert event_files.find(tmp_path / "nothing") == []
    assert event_files.find(tmp_path / "file") == []


def test_a_directory_that_cannot_be_read(tmp_path):
    with pytest.raises(OSError):
        event_files.find(tmp_path / ("long" * 100))


def test_the_next_path_is_new_and_later(tmp_path, monkeypatch):
    monkeypatch.setattr(event_files.time, "time", lambda: 1_700_000_000.9)
    first = event_files.next_path(tmp_path)
    assert first.name.startswith("events.out.tfevents.1700000000.")
    assert first.name.split(".")[-2] == str(os.getpid())
    assert event_files.next_path(tmp_path) != first  # two writers of one second
    first = first.with_name("events.out.tfevents.1700000000.zzz.1.0")
    first.touch()
    second = event_files.next_path(tmp_path)
    assert second.name > first.name  # though another process began that one in this second
    monkeypatch.setattr(event_files.time, "time", lambda: 1_600_000_000.0)  # a clock set back
    second = event_files.next_path(tmp_path)
    second.touch()
    assert second.name > first.name
    assert event_files.find(tmp_path) == [first, second]


def test_tensorboard_takes_it_for_an_event_file(tmp_path):
    from tensorboard.backend.event_processing.io_wrapper import IsTensorFlowEventsFile

    name = event_files.next_path(tmp_path).name
    assert IsTensorFlowEventsFile(name) and event_files.has_event_file_name(name)
    assert not event_files.has_event_file_name("run.json")
