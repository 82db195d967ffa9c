"""The power fails at any moment: only what was synced is there afterwards."""

from __future__ import annotations

import copy
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from helper.training import saves
from tests.command_line import Finished, only_run, record, runs
from tests.run_contents import curves, files, lasting, variables

FLAGS = ["--layers=4", "--optimizer=adam", "--batch_size=20", "--steps=6", "--eval_every=2"]


class Disk:
    """What would be found after a loss of power: names as of the last sync of their directory,
    contents as of the last sync of their file, nothing of files that were never synced.

    images: that, after each sync.
    """

    def __init__(self, top: Path) -> None:
        self._top = top
        self._names: dict[str, dict[str, int]] = {}
        self._contents: dict[int, bytes] = {}
        self.images: list[tuple[dict[str, dict[str, int]], dict[int, bytes]]] = []
        self._sync = os.fsync

    def fsync(self, handle: int) -> None:
        self._sync(handle)
        path = os.readlink(f"/proc/self/fd/{handle}")
        found = os.fstat(handle)
        if not path.startswith(str(self._top)):
            return
        if stat.S_ISDIR(found.st_mode):
            self._names[path] = {e.name: e.inode() for e in os.scandir(path)}
        else:
            self._contents[found.st_ino] = Path(path).read_bytes()
        self.images.append((copy.deepcopy(self._names), dict(self._contents)))

    def restore(self, number: int, target: Path) -> None:
        """Make a directory as the disk was after so many syncs."""
        names, contents = self.images[number]
        target.mkdir()
        todo = [(str(self._top), target)]
        while todo:
            path, place = todo.pop()
            for name, inode in names.get(path, {}).items():
                below = os.path.join(path, name)
                if below in names or os.path.isdir(below):
                    (place / name).mkdir()
                    todo.append((below, place / name))
                else:
                    (place / name).write_bytes(contents.get(inode, b""))


def check(run: Path, whole: Path) -> None:
    """The same run; only that older checkpoints were removed may not have reached the disk."""
    assert variables(run) == variables(whole)
    assert curves(run) == curves(whole)
    assert lasting(run) == lasting(whole)
    assert (run / "predictions.npz").read_bytes() == (whole / "predictions.npz").read_bytes()
    assert files(whole) <= files(run)
    assert {path.parts[0] for path in files(run) - files(whole)} <= {"checkpoints"}


@pytest.fixture
def memory_disk() -> Path:
    """A directory of a file system that does not give a number of an inode twice."""
    place = Path("/dev/shm")
    if not os.access(place, os.W_OK) or not os.path.isdir("/proc/self/fd"):
        pytest.skip("needs /dev/shm and /proc")
    folder = place / f"power-{os.getpid()}"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_power_loss_after_each_sync(
    call_experiment: Callable[..., Finished], idx_directory, tmp_path, memory_disk, monkeypatch
):
    monkeypatch.setattr(saves, "_SECONDS_TO_LOSE", 0.0)  # every save reaches the disk
    data = f"--data_dir={idx_directory}"
    assert call_experiment("mlp", data, f"--logdir={tmp_path / 'whole'}", *FLAGS).code == 0
    whole = only_run(tmp_path / "whole")
    disk = Disk(memory_disk)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", disk.fsync)
        done = call_experiment("mlp", data, f"--logdir={memory_disk / 'logs'}", *FLAGS)
        assert done.code == 0, done.stderr
    resumed, steps = 0, set()
    assert len(disk.images) > 30
    for number in range(len(disk.images)):
        after = tmp_path / f"after-{number}"
        disk.restore(number, after)
        found = runs(after / "logs")
        if not found:
            assert not resumed, "a run that could be resumed is gone"
            continue
        steps.add(record(found[0])["saved_step"])
        done = call_experiment("mlp", f"--resume={found[0]}")
        assert done.code == 0, f"after sync {number}: {done.stdout}{done.stderr}"
        check(found[0], whole)
        resumed += 1
        shutil.rmtree(after)
    assert resumed > 20 and steps == {0, 2, 4, 6}
