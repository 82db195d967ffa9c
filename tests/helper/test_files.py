from __future__ import annotations

import os

import pytest

from helper.files import PARTIAL, remove_partial, replace_atomically, write_atomically


def test_a_reader_keeps_the_old_file_whole(tmp_path):
    path = tmp_path / "a.json"
    write_atomically(path, "old")
    with open(path) as before:
        write_atomically(path, "new", durable=False)
        assert before.read() == "old"
    assert path.read_text() == "new"
    assert [found.name for found in tmp_path.iterdir()] == ["a.json"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_nothing_changes_when_the_writing_fails(tmp_path):
    path = tmp_path / "a"
    path.write_text("old")

    def write(file):
        file.write(b"half of the n")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        replace_atomically(path, write)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("durable", [True, False])
def test_durable_waits_for_the_disk(tmp_path, monkeypatch, durable):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(os.fstat(handle).st_ino))
    path = tmp_path / "a"
    write_atomically(path, "x", durable)
    # The file, then the directory that has its name.
    assert synced == ([path.stat().st_ino, tmp_path.stat().st_ino] if durable else [])


def test_what_killed_writers_left_is_removed(tmp_path):
    (tmp_path / f"{PARTIAL}x7").write_text("half")
    (tmp_path / "kept").write_text("")
    remove_partial(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    remove_partial(tmp_path / "missing")
