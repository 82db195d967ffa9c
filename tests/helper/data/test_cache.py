from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from helper.data import cache
from helper.data.registry import Entry
from helper.errors import DataError
from helper.files import PROJECT_ROOT
from tests.data_files import NAMES, gzipped_replies, idx_bytes, idx_files, serve, small_arrays

ARRAYS = small_arrays()
FILES = idx_files(ARRAYS)


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", "")  # no npm
    monkeypatch.setenv("GRAPH_LAB_CACHE", str(tmp_path))
    return tmp_path / "mnist"


@pytest.fixture
def server():
    with serve() as running:
        running.replies.update(gzipped_replies(ARRAYS))
        yield running


def load(*mirrors: str) -> list:
    return cache.load("mnist", Entry(FILES, mirrors))


def check(arrays: list) -> None:
    for array, expected in zip(arrays, ARRAYS, strict=True):
        np.testing.assert_array_equal(array, expected)


def test_fetched_once_then_read_from_the_cache(own_cache, server):
    check(load(server.url))
    assert len(server.asked) == 4
    assert sorted(os.listdir(own_cache)) == sorted(NAMES)
    for name, array in zip(NAMES, ARRAYS, strict=True):
        assert (own_cache / name).read_bytes() == idx_bytes(array)
    check(load(server.url))
    assert len(server.asked) == 4


def test_a_warm_cache_is_never_written_to(own_cache, server):
    load(server.url)
    before = own_cache.stat().st_mtime_ns
    check(load())
    assert own_cache.stat().st_mtime_ns == before


def test_a_warm_cache_does_without_pooch_and_its_imports(own_cache, server):
    load(server.url)
    program = (
        "import sys; from helper.data import cache, registry\n"
        f"files = tuple(registry.IdxFile(*file) for file in {[tuple(file) for file in FILES]})\n"
        "assert len(cache.load('mnist', registry.Entry(files))) == 4\n"
        "slow = {'pooch', 'requests', 'tqdm', 'rich'}\n"
        "sys.exit(', '.join(slow & sys.modules.keys()) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT_ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("damage", [b"", idx_bytes(ARRAYS[0])[:-5], idx_bytes(ARRAYS[0] ^ 1)])
def test_a_damaged_file_is_named_and_fetched_again(own_cache, server, capsys, damage):
    load(server.url)
    server.asked.clear()
    (own_cache / NAMES[0]).write_bytes(damage)
    check(load(server.url))
    warning = capsys.readouterr().err
    assert warning.startswith(f"warning: {own_cache / NAMES[0]} ")
    assert warning.endswith("; it will be fetched again\n")
    assert warning.count("\n") == 1
    assert server.asked == [f"/{NAMES[0]}.gz"]
    assert (own_cache / NAMES[0]).read_bytes() == idx_bytes(ARRAYS[0])


def test_a_damaged_file_is_never_used_when_nothing_replaces_it(own_cache, server, capsys):
    load(server.url)
    (own_cache / NAMES[0]).write_bytes(idx_bytes(ARRAYS[0] ^ 1))
    for _ in range(2):
        with pytest.raises(DataError, match="no source"):
            load()
        assert "wrong SHA-256" in capsys.readouterr().err


def test_nothing_is_left_behind_when_writing_fails(own_cache, server, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "chmod", full)
    with pytest.raises(DataError, match=f"cannot write to the cache {own_cache}: No space left"):
        load(server.url)
    assert os.listdir(own_cache) == []


def test_a_cache_that_cannot_be_made_is_said_before_anything_is_fetched(
    tmp_path, server, monkeypatch
):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("GRAPH_LAB_CACHE", str(tmp_path / "file"))
    with pytest.raises(DataError, match="cannot write to the cache .* set GRAPH_LAB_CACHE"):
        load(server.url)
    assert server.asked == []


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to(path)])
def test_something_else_in_a_files_place(own_cache, server, make):
    own_cache.mkdir()
    make(own_cache / NAMES[0])
    with pytest.raises(DataError, match=f"{NAMES[0]} is not a file; remove it"):
        load(server.url)


def test_two_processes_at_once(own_cache, server):
    program = (
        "from helper.data import cache, idx, registry\n"
        f"files = tuple(registry.IdxFile(*file) for file in {[tuple(file) for file in FILES]})\n"
        f"arrays = cache.load('mnist', registry.Entry(files, ('{server.url}',)))\n"
        "assert [idx.sha256(array) for array in arrays] == [file.sha256 for file in files]\n"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", program], cwd=PROJECT_ROOT, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    for process in processes:
        assert process.communicate(timeout=30)[1] == b""
        assert process.returncode == 0
    assert sorted(os.listdir(own_cache)) == sorted(NAMES)


def test_where_the_cache_is(monkeypatch, tmp_path):
    assert cache.cache_dir() == tmp_path
    monkeypatch.delenv("GRAPH_LAB_CACHE")
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.setenv("XDG_CACHE_HOME", "/elsewhere")
    assert cache.cache_dir() == Path("/elsewhere/tensorflow-graph-lab")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setattr(sys, "platform", "linux")
    assert cache.cache_dir() == Path("/home/someone/.cache/tensorflow-graph-lab")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache.cache_dir() == Path("/home/someone/Library/Caches/tensorflow-graph-lab")
