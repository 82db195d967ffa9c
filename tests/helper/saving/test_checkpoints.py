"""Saves of one small graph, and what can happen to their files."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

from helper import tf
from helper.errors import LabError
from helper.runs import directory as runs
from helper.runs.record import Record
from helper.saving import checkpoint_files, checkpoints
from helper.saving.checkpoint_files import NotFiniteError, State
from helper.saving.checkpoints import Checkpoints


class Saved:
    """A session with variables w [width] and step, and the checkpoints of a run."""

    def __init__(self, logdir, width=3, run_id="one") -> None:
        self.run = runs.create(logdir, "", Record("softmax", "", id=run_id))
        self.graph = tf.Graph()
        with self.graph.as_default():
            self.w = tf.get_variable("w", [width], tf.float32, tf.zeros_initializer())
            self.checkpoints = Checkpoints(self.run)
        self.session = tf.Session(graph=self.graph)
        self.folder = self.run.path / "checkpoints"

    def save(self, step, score=None, value=None, **options) -> None:
        self.w.load(np.full(self.w.shape, step if value is None else value), self.session)
        self.checkpoints.save(self.session, step, score, State(final={"n": step / 10}), **options)

    def restore(self):
        """The checkpoint, the value of w, what was reported."""
        told: list[str] = []
        self.w.load(np.full(self.w.shape, -1.0), self.session)
        found = self.checkpoints.restore(self.session, told.append)
        return found, self.session.run(self.w)[0], told

    def steps(self):
        return sorted(int(path.stem[5:]) for path in self.folder.glob("*.json"))

    def file(self, step, end):
        (found,) = self.folder.glob(f"step-{step:010d}{end}*")
        return found


@pytest.fixture
def saved(tmp_path):
    made = Saved(tmp_path)
    with made.session:
        yield made


def truncate(path):
    os.truncate(path, path.stat().st_size // 2)


def empty(path):
    os.truncate(path, 0)


def flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def flip_a_digit(path):
    path.write_bytes(path.read_bytes().replace(b'"n": 2.0', b'"n": 3.0'))


def test_the_newest_comes_back_with_its_state(saved):
    assert saved.restore() == (None, -1.0, [])
    saved.save(10, 0.5)
    saved.save(20, None)
    found, value, told = saved.restore()
    assert (found.step, found.score, value, told) == (20, None, 20.0, [])
    assert found.state == State(final={"n": 2.0})
    assert sorted(path.suffix for path in saved.folder.glob("*20.*")) == [
        ".data-00000-of-00001",
        ".index",
        ".json",
    ]


@pytest.mark.parametrize("end", [".index", ".data", ".json"])
@pytest.mark.parametrize("damage", [truncate, empty, flip_a_bit, os.unlink])
def test_a_damaged_one_is_named_and_passed_over(saved, damage, end):
    saved.save(10)
    saved.save(20)
    damage(saved.file(20, end))
    found, value, told = saved.restore()
    assert (found.step, value) == (10, 10.0)
    if damage is os.unlink and end == ".json":
        assert told == []  # a save that was killed before its end
    else:
        assert len(told) == 1 and "step-0000000020 is skipped" in told[0]
        assert "\n" not in told[0]
        assert saved.steps() == [10]  # that step is made again
    saved.checkpoints.sweep()
    saved.save(20, value=7.0)
    assert saved.restore()[:2][1] == 7.0


def test_a_changed_digit_in_the_state(saved):
    saved.save(10)
    saved.save(20)
    flip_a_digit(saved.file(20, ".json"))
    found, _, told = saved.restore()
    assert found.step == 10 and "has changed since it was written" in told[0]


@pytest.mark.parametrize("damage", [truncate, empty, flip_a_bit])
@pytest.mark.parametrize("end", [".index", ".data", ".json"])
def test_all_damaged_is_an_error_and_changes_nothing(saved, damage, end):
    for step in (10, 20):
        saved.save(step)
        damage(saved.file(step, end))
    before = {path: path.read_bytes() for path in saved.folder.iterdir()}
    with pytest.raises(LabError, match="no checkpoint of .* is good"):
        saved.restore()
    assert {path: path.read_bytes() for path in saved.folder.iterdir()} == before


def copy(source, target, ends):
    for end in ends:
        path = source.file(20, end)
        target.file(20, end).write_bytes(path.read_bytes())


@pytest.mark.parametrize(
    ("width", "run_id", "ends", "said"),
    [
        (3, "two", (".index", ".data", ".json"), "belongs to another run"),
        (3, "two", (".index", ".data"), "has changed since it was written"),
        (3, "one", (".index", ".data"), "has changed since it was written"),
        (5, "one", (".index", ".data", ".json"), "variable w is float32 [5], not [3]"),
    ],
)
def test_files_of_another_run(saved, tmp_path, width, run_id, ends, said):
    other = Saved(tmp_path, width, run_id)
    with other.session:
        other.save(20, value=9.0)
    saved.save(10)
    saved.save(20)
    copy(other, saved, ends)
    found, value, told = saved.restore()
    assert (found.step, value) == (10, 10.0)
    assert said in told[0]


def test_one_under_the_name_of_another_step(saved):
    saved.save(10)
    for path in list(saved.folder.iterdir()):
        path.rename(path.with_name(path.name.replace("10.", "90.")))
    saved.save(20)
    found, _, told = saved.restore()
    assert found.step == 20 and "step-0000000090 is skipped" in told[0]


@pytest.mark.parametrize("text", ["", "garbage \0", 'model_checkpoint_path: "/etc/passwd"'])
def test_the_file_called_checkpoint_means_nothing(saved, text):
    saved.save(10)
    (saved.folder / "checkpoint").write_text(text)
    assert saved.restore()[0].step == 10


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_never_kept(saved, value):
    saved.save(10)
    with pytest.raises(NotFiniteError, match="variable w"):
        saved.save(20, value=value)
    assert saved.steps() == [10]
    assert not list(saved.folder.glob("*20*"))


def test_the_newest_and_the_best_stay(saved):
    for step, score in enumerate([0.1, 0.9, 0.3, 0.9, 0.5, None, 0.6], start=1):
        saved.save(step, score)
        saved.checkpoints.prune(3)
    assert saved.steps() == [2, 5, 6, 7]  # the first of two that are equally good
    shapes = checkpoints.shapes_and_dtypes([saved.w])
    best = checkpoints.newest(saved.run.path, "one", shapes, print, best=True)
    assert best and best.step == 2
    saved.checkpoints.prune(1)
    assert saved.steps() == [2, 7]
    saved.save(8, 1.0)
    saved.checkpoints.prune(1)
    assert saved.steps() == [7, 8]  # two stay, should one of them be damaged


def resumed(saved):
    """The same run in a later process."""
    again = object.__new__(Saved)
    again.__dict__ |= saved.__dict__
    with saved.graph.as_default():
        again.checkpoints = Checkpoints(saved.run)
    again.restore()
    return again


def test_two_stay_in_a_resumed_run(saved):
    for step, score in ((1, 0.1), (2, 0.2), (3, 0.3)):
        saved.save(step, score)
    again = resumed(saved)
    again.checkpoints.prune(1)
    assert saved.steps() == [2, 3]


def test_the_score_can_be_given_later(saved):
    saved.save(1, 0.5)
    saved.save(2, None)
    saved.checkpoints.set_score(2, 0.6)
    shapes = checkpoints.shapes_and_dtypes([saved.w])
    best = checkpoints.newest(saved.run.path, "one", shapes, print, best=True)
    assert best and (best.step, best.state) == (2, State(final={"n": 0.2}))
    assert saved.restore()[1:] == (2.0, [])


def test_the_last_durable_one_stays_until_the_next(saved, monkeypatch):
    synced = []
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (synced.append(handle), sync(handle)))
    saved.save(1)
    assert len(synced) >= 4  # the tensors' two files, the .json, the directory
    synced.clear()
    for step in range(2, 8):
        saved.save(step, durable=False)
        saved.checkpoints.prune(3)
    assert not synced
    assert saved.steps() == [1, 5, 6, 7]
    saved.save(8)
    saved.checkpoints.prune(3)
    assert saved.steps() == [6, 7, 8]


def test_what_a_run_was_resumed_from_stays_until_the_next_durable_one(saved):
    saved.save(1, durable=False)
    again = resumed(saved)
    for step in range(2, 8):
        again.save(step, durable=False)
        again.checkpoints.prune(3)
    assert saved.steps() == [1, 5, 6, 7]
    again.save(8)
    again.checkpoints.prune(3)
    assert saved.steps() == [6, 7, 8]


def test_a_step_that_is_saved_twice_keeps_its_tensors(saved):
    """As when a signal came during the evaluation that belongs to the step."""
    saved.save(10)
    inode = saved.file(10, ".data").stat().st_ino
    saved.save(10, 0.5)
    assert saved.file(10, ".data").stat().st_ino == inode
    assert saved.restore()[0].score == 0.5


def test_a_full_disk_leaves_the_good_ones_alone(saved, monkeypatch):
    saved.save(10)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint_files, "write_atomically", full)
    for step in (10, 20):
        with pytest.raises(LabError, match=f"step-{step:010d} could not be written: No space"):
            saved.save(step)
    monkeypatch.undo()
    assert {path.name[:15] for path in saved.folder.iterdir()} == {"step-0000000010"}
    assert saved.restore()[0].step == 10


def test_nothing_is_written_into_a_directory_that_took_the_place_of_the_run(saved):
    saved.save(10)
    saved.run.path.rename(saved.run.path.with_name("moved"))
    saved.run.path.mkdir()
    (saved.run.path / "lock").touch()
    saved.folder.mkdir()
    for end in (".index", ".data-00000-of-00001", ".json"):
        (saved.folder / f"step-0000000020{end}").write_text("of another run")
    with pytest.raises(LabError, match="removed or replaced"):
        saved.save(20)
    saved.checkpoints.prune(1)
    assert len(list(saved.run.path.rglob("*"))) == 5


def test_litter_of_killed_saves_is_swept(saved):
    saved.save(10)
    good = sorted(saved.folder.iterdir())
    litter = (
        "step-0000000020.index",
        "step-0000000020.data-00000-of-00001",
        "step-0000000030.data-00000-of-00001.tempstate123",
        "step-0000000010.index.tempstate77",
        ".partial-abc",
    )
    for name in litter:
        (saved.folder / name).write_text("x")
    strangers = [saved.folder / name for name in ("notes.txt", "step-by-step", "checkpoint")]
    for path in strangers:
        path.write_text("mine")
    saved.checkpoints.sweep()
    assert sorted(saved.folder.iterdir()) == sorted([*good, *strangers])


def test_the_json_says_what_it_belongs_to(saved):
    saved.save(10, 0.25)
    found = json.loads(saved.file(10, ".json").read_text())
    assert (found["run"], found["step"], found["score"]) == ("one", 10, 0.25)
    assert set(found["sha256"]) == {saved.file(10, end).name for end in (".index", ".data")}
