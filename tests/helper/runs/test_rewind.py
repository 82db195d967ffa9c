"""Curves that are taken back to a checkpoint's step."""

from __future__ import annotations

import os
import shutil

import pytest
from tensorboard.compat.proto.event_pb2 import Event

from helper.runs import events
from helper.runs import rewind as rewinding
from helper.runs.events import decode
from helper.runs.rewind import Kept, clear
from helper.runs.tfrecords import read_payloads
from tests.made_runs import SECOND, graph, scalar, start, write_events


def points(directory) -> dict[str, list[int]]:
    return {tag: c.step.tolist() for tag, c in events.read_scalars(directory).items()}


def log(directory, every, last, *tags, **options):
    values = {tag: 0.5 for tag in tags}
    steps = range(0, last + 1, every)
    return write_events(directory, start(0), *(scalar(s, values) for s in steps), **options)


def rewind(directory, kept: dict[str, tuple[int, int]], step: int = 10**6) -> tuple[list[str], int]:
    """kept: for each directory the interval between points, and the step of the last to keep."""
    points = {name: Kept(last // every + 1, last) for name, (every, last) in kept.items()}
    return rewinding.rewind(directory, step, points, ("loss", "accuracy"))


def test_each_directory_goes_back_to_its_own_last_point(tmp_path):
    log(tmp_path / "train", 10, 230, "loss", "accuracy")
    log(tmp_path / "validation", 50, 200, "loss")
    log(tmp_path / "test", 230, 230, "loss")
    kept = {"validation": (50, 150), "train": (10, 170)}
    assert rewind(tmp_path, kept) == ([], 0)
    assert points(tmp_path / "train") == {
        "loss": [*range(0, 171, 10)],
        "accuracy": [*range(0, 171, 10)],
    }
    assert points(tmp_path / "validation") == {"loss": [0, 50, 100, 150]}
    assert points(tmp_path / "test") == {}  # written once, at the end


def test_points_over_several_launches(tmp_path):
    log(tmp_path, 10, 30, "loss", second=1000)
    later = (scalar(step, {"loss": 1.0}) for step in (40, 50, 60))
    write_events(tmp_path, start(31), *later, second=2000)
    assert rewind(tmp_path, {"": (10, 50)}) == ([], 0)
    assert points(tmp_path) == {"loss": [0, 10, 20, 30, 40, 50]}


def test_what_is_written_at_the_end_goes_and_the_graph_stays(tmp_path):
    ends = [scalar(60, {tag: 1.0}) for tag in ("results/best loss", "final/test/loss")]
    write_events(tmp_path, graph(x="Placeholder"), scalar(0, {"loss": 1.0}), *ends)
    assert rewind(tmp_path, {"": (100, 0)}) == ([], 0)
    assert points(tmp_path) == {"loss": [0]}
    found = events.read_graph(tmp_path)
    assert found and found.node[0].name == "x"


def test_what_a_resumed_run_writes_again_goes(tmp_path):
    settings = Event(step=0, wall_time=SECOND)
    settings.summary.value.add(tag="_hparams_/session_start_info").tensor.dtype = 1
    page = Event(step=0, wall_time=SECOND)
    page.summary.value.add(tag="run").tensor.dtype = 1
    picture, late = Event(step=0, wall_time=SECOND), Event(step=20, wall_time=SECOND)
    picture.summary.value.add(tag="running").image.width = 3
    late.summary.value.add(tag="running").image.width = 3
    path = write_events(tmp_path, settings, page, picture, scalar(0, {"loss": 1.0}), late)
    assert rewind(tmp_path, {"": (10, 0)}) == ([], 0)
    found = [decode(payload) for payload in read_payloads(path, print)]
    assert [value.tag for event in found for value in event.summary.value] == ["running", "loss"]


def test_traces_stay_up_to_the_checkpoint(tmp_path):
    traces = [Event(step=step, wall_time=SECOND) for step in (0, 30, 40)]
    for trace in traces:
        trace.tagged_run_metadata.tag = f"step {trace.step}"
    path = write_events(tmp_path, scalar(0, {"loss": 1.0}), *traces)
    assert rewind(tmp_path, {"": (100, 0)}, step=30) == ([], 0)
    found = [decode(payload) for payload in read_payloads(path, print)]
    assert [e.step for e in found if e.HasField("tagged_run_metadata")] == [0, 30]


def test_only_curves_of_metrics_have_all_points(tmp_path):
    write_events(tmp_path, *(scalar(step, {"loss": 1.0}) for step in (0, 10, 20)))
    write_events(tmp_path, scalar(20, {"own summary": 1.0}), second=2000)
    assert rewind(tmp_path, {"": (10, 20)}) == ([], 0)


@pytest.mark.timeout(30)
def test_a_fifo_and_a_link_are_passed_over(tmp_path):
    outside = log(tmp_path / "elsewhere", 10, 50, "loss")
    before = outside.read_bytes()
    run = log(tmp_path / "run", 10, 50, "loss").parent
    os.mkfifo(run / "events.out.tfevents.1.fifo")
    (run / "events.out.tfevents.2.link").symlink_to(outside)
    assert rewind(run, {"": (10, 30)}) == ([], 0)
    clear(run)
    assert outside.read_bytes() == before
    assert sorted(path.suffix for path in run.iterdir()) == [".fifo", ".link"]


def test_files_without_later_points_are_not_touched(tmp_path):
    path = log(tmp_path, 10, 50, "loss")
    before = path.stat()
    assert rewind(tmp_path, {"": (10, 50)}) == ([], 0)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("cut", range(1, 60))
def test_a_tail_cut_anywhere(tmp_path, cut):
    path = log(tmp_path, 10, 50, "loss")
    path.write_bytes(path.read_bytes()[:-cut])
    assert rewind(tmp_path, {"": (10, 30)}) == ([], 0)
    assert points(tmp_path) == {"loss": [0, 10, 20, 30]}
    assert rewind(tmp_path, {"": (10, 50)})[1] == 2


def test_gaps_are_reported_with_their_size(tmp_path):
    path = log(tmp_path / "train", 10, 90, "loss", "accuracy")
    content = bytearray(path.read_bytes())
    content[content.index(b"loss") + 2] ^= 4
    path.write_bytes(content)
    gaps, lost = rewind(tmp_path, {"train": (10, 90)})
    assert lost == 2
    (line,) = gaps
    assert str(tmp_path / "train") in line and "2 values" in line and "\n" not in line


@pytest.mark.parametrize("content", [None, "directory", b"", bytes(500), b"not events at all" * 9])
def test_a_whole_file_is_lost(tmp_path, content):
    path = log(tmp_path / "train", 10, 90, "loss")
    if content is None:
        path.unlink()
    elif content == "directory":
        shutil.rmtree(path.parent)
    else:
        path.write_bytes(content)
    gaps, lost = rewind(tmp_path, {"train": (10, 90)})
    assert len(gaps) == 1 and lost == 10


def test_litter_of_a_killed_rewind(tmp_path):
    log(tmp_path, 10, 50, "loss")
    (tmp_path / ".partial-events").write_bytes(b"half")
    rewind(tmp_path, {"": (10, 20)})
    assert [path.name[:6] for path in tmp_path.iterdir()] == ["events"]


def test_clear(tmp_path):
    log(tmp_path, 10, 50, "loss")
    log(tmp_path / "train", 10, 50, "loss")
    (tmp_path / "run.json").write_text("{}")
    clear(tmp_path)
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["run.json", "train"]
