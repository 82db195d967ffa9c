"""An entry of the registry is all that a data set needs."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Iterator

import pytest

from helper.data import datasets, registry
from helper.files import PROJECT_ROOT
from tests import command_line
from tests.data_files import gzipped_replies, idx_bytes, idx_files, serve, small_arrays

ARRAYS = small_arrays(classes=5)


@pytest.mark.parametrize("name", registry.DATASETS)
def test_entries_are_complete(name):
    entry = registry.DATASETS[name]
    if entry.make:
        assert entry == registry.Entry(make=entry.make, num_classes=entry.num_classes)
        return
    assert [file.axes for file in entry.files] == [3, 1, 3, 1]
    assert len({file.name for file in entry.files}) == 4
    assert all(len(bytes.fromhex(file.sha256)) == 32 for file in entry.files)
    assert entry.mirrors or entry.npm_package
    for mirror in entry.mirrors:
        assert mirror.startswith("https://") and mirror.endswith((".npz", "/"))


@pytest.fixture
def fives(monkeypatch, tmp_path) -> Iterator[None]:
    """A new entry, whose mirror is a server on this machine; an empty cache."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GRAPH_LAB_CACHE", str(tmp_path / "cache"))
    with serve() as server:
        server.replies.update(gzipped_replies(ARRAYS))
        entry = registry.Entry(idx_files(ARRAYS), (server.url,), num_classes=5)
        monkeypatch.setitem(registry.DATASETS, "fives", entry)
        yield


def test_a_new_entry_is_loaded_by_its_name(fives, tmp_path):
    data = datasets.load("fives")
    assert (data.name, data.num_classes, data.image_shape) == ("fives", 5, (4, 4))
    assert data.train.images.tobytes() == ARRAYS[0].tobytes()
    assert data.test.labels.tolist() == ARRAYS[3].tolist()
    for file, array in zip(idx_files(ARRAYS), ARRAYS, strict=True):
        assert (tmp_path / "cache" / "fives" / file.name).read_bytes() == idx_bytes(array)


def test_experiments_know_a_new_entry(fives, call_experiment, tmp_path):
    done = call_experiment("softmax", "--dataset=fives", "--steps=3", "--batch_size=5")
    assert done.code == 0, done.stderr
    assert command_line.record(command_line.only_run(tmp_path / "logs"))["data"]["name"] == "fives"


@pytest.mark.parametrize(
    ("script", "arguments", "expected"),
    [
        ("fetch_data", [], "fives"),
        ("plot_runs", ["--digits=0-4", "--out=digits.png"], "digits.png"),
    ],
)
def test_commands_know_a_new_entry(
    fives, monkeypatch, capsys, tmp_path, script, arguments, expected
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])
    monkeypatch.setattr(sys, "argv", [f"{script}.py", "--dataset=fives", *arguments])
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(PROJECT_ROOT / "scripts" / f"{script}.py"), run_name="__main__")
    out, err = capsys.readouterr()
    assert (end.value.code, err) == (0, "")
    assert expected in out
