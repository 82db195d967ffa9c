from __future__ import annotations

import errno
from pathlib import Path

import pytest

from helper.errors import UsageError
from helper.runs import log_directory


def test_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/me")
    assert log_directory.absolute("logs") == tmp_path / "logs"
    assert log_directory.absolute("~/logs") == Path("/home/me/logs")


@pytest.mark.parametrize("unfit", ["a[b", "a\\b", "a\nb", "~nobody_of_that_name/x"])
def test_unfit(unfit):
    with pytest.raises(UsageError, match="--logdir"):
        log_directory.absolute(unfit)


def test_what_is_missing_can_be_made(tmp_path):
    log_directory.check_writable(tmp_path)
    log_directory.check_writable(tmp_path / "a" / "b")
    assert not list(tmp_path.iterdir())


def test_no_directory(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "logs"):
        with pytest.raises(NotADirectoryError):
            log_directory.check_writable(path)


def test_no_permission(tmp_path, monkeypatch):
    monkeypatch.setattr(log_directory.os, "access", lambda path, mode: path != tmp_path)
    with pytest.raises(PermissionError) as raised:
        log_directory.check_writable(tmp_path / "logs")
    assert raised.value.errno == errno.EACCES


def test_a_link_to_somewhere_else(tmp_path):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "softmax").symlink_to(tmp_path)
    (tmp_path / "logs" / "mlp").symlink_to(tmp_path / "logs" / "other")
    log_directory.check_inside(tmp_path / "logs" / "mlp", tmp_path / "logs")
    with pytest.raises(UsageError, match="leads out of the log directory"):
        log_directory.check_inside(tmp_path / "logs" / "softmax", tmp_path / "logs")
