from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest

from helper.data import cache
from helper.errors import DataError
from helper.files import PROJECT_ROOT
from tests.data_files import NAMES, gzipped_replies, idx_bytes, idx_files, serve, small_arrays

ARRAYS = small_arrays()
FILES = idx_files(ARRAYS)


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(urllib.request, "_opener", None)  # it would remember an earlier proxy
    monkeypatch.setenv("PATH", "")  # no npm
    monkeypatch.setenv("GRAPH_LAB_CACHE", str(tmp_path))
    return tmp_path / "mnist"


@pytest.fixture
def server():
    with serve() as running:
        running.replies.update(gzipped_replies(ARRAYS))
        yield running


def check(arrays):
    for array, expected in zip(arrays, ARRAYS, strict=True):
        np.testing.assert_array_equal(array, expected)


def test_fetched_once_then_read_from_the_cache(own_cache, server):
    check(cache.load_mnist(FILES, [server.url]))
    assert len(server.asked) == 4
    assert sorted(os.listdir(own_cache)) == sorted(NAMES)
    for name, array in zip(NAMES, ARRAYS, strict=True):
        assert (own_cache / name).read_bytes() == idx_bytes(array)
    check(cache.load_mnist(FILES, [server.url]))
    assert len(server.asked) == 4


def test_a_warm_cache_is_never_written_to(own_cache, server):
    cache.load_mnist(FILES, [server.url])
    (own_cache / ".x.part").write_bytes(b"")
    os.utime(own_cache / ".x.part", (0, 0))
    own_cache.chmod(0o555)
    try:
        check(cache.load_mnist(FILES, []))
    finally:
        own_cache.chmod(0o755)
    assert (own_cache / ".x.part").exists()


@pytest.mark.parametrize("damage", [b"", idx_bytes(ARRAYS[0])[:-5], idx_bytes(ARRAYS[0] ^ 1)])
def test_a_damaged_file_is_named_removed_and_fetched_again(own_cache, server, capsys, damage):
    cache.load_mnist(FILES, [server.url])
    server.asked.clear()
    (own_cache / NAMES[0]).write_bytes(damage)
    check(cache.load_mnist(FILES, [server.url]))
    assert str(own_cache / NAMES[0]) in capsys.readouterr().err
    assert server.asked == [f"/{NAMES[0]}.gz"]
    assert (own_cache / NAMES[0]).read_bytes() == idx_bytes(ARRAYS[0])


def test_a_damaged_file_does_not_stay_when_nothing_replaces_it(own_cache, server):
    cache.load_mnist(FILES, [server.url])
    (own_cache / NAMES[0]).write_bytes(b"damaged")
    with pytest.raises(DataError, match="no source"):
        cache.load_mnist(FILES, [])
    assert sorted(os.listdir(own_cache)) == sorted(NAMES[1:])


def test_half_written_files_are_ignored_and_swept_when_old(own_cache, server):
    own_cache.mkdir()
    old, young = own_cache / f".{NAMES[0]}.old.part", own_cache / f".{NAMES[0]}.young.part"
    old.write_bytes(idx_bytes(ARRAYS[0])[:50])
    young.write_bytes(idx_bytes(ARRAYS[0])[:50])
    an_hour_ago = time.time() - cache.LITTER_SECONDS - 1
    os.utime(old, (an_hour_ago, an_hour_ago))
    check(cache.load_mnist(FILES, [server.url]))
    assert not old.exists()
    assert young.exists()  # it may belong to a process that is writing it


def test_nothing_is_left_behind_when_writing_fails(own_cache, server, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataError, match=f"cannot write .*{NAMES[0]}: No space left on device"):
        cache.load_mnist(FILES, [server.url])
    assert os.listdir(own_cache) == []


def test_a_cache_that_cannot_be_made_is_said_before_anything_is_fetched(
    tmp_path, server, monkeypatch
):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("GRAPH_LAB_CACHE", str(tmp_path / "file"))
    with pytest.raises(DataError, match="cannot write to the cache .* set GRAPH_LAB_CACHE"):
        cache.load_mnist(FILES, [server.url])
    assert server.asked == []


def test_something_else_in_a_files_place(own_cache, server):
    (own_cache / NAMES[0]).mkdir(parents=True)
    with pytest.raises(DataError, match=f"cannot remove the damaged .*{NAMES[0]}"):
        cache.load_mnist(FILES, [server.url])


def test_two_processes_at_once(own_cache, server):
    files = json.dumps([list(file) for file in FILES])
    program = (
        "import json, sys; from helper.data import cache, idx, sources\n"
        f"files = [sources.IdxFile(*file) for file in json.loads('''{files}''')]\n"
        f"arrays = cache.load_mnist(files, ['{server.url}'])\n"
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
