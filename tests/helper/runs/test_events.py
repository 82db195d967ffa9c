from __future__ import annotations

import errno
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.util.tensor_util import make_tensor_proto

from helper.errors import DataError
from helper.runs import events
from helper.runs.tfrecords import as_tfrecord, read_payloads
from tests.made_runs import SECOND, graph, scalar, start, write_events


def test_every_point_with_its_step_time_and_value(tmp_path):
    write_events(tmp_path, *(scalar(i, {"loss": i / 4, "accuracy": 0.5}) for i in range(3000)))
    curves = events.read_scalars(tmp_path)
    assert sorted(curves) == ["accuracy", "loss"]
    loss = curves["loss"]
    assert loss.step.dtype == np.int64
    np.testing.assert_array_equal(loss.step, np.arange(3000))
    np.testing.assert_array_equal(loss.value, np.arange(3000) / 4)
    np.testing.assert_array_equal(loss.wall_time, SECOND + np.arange(3000))


def test_nan_and_infinity_are_kept(tmp_path):
    write_events(tmp_path, scalar(0, {"loss": math.nan}), scalar(1, {"loss": math.inf}))
    np.testing.assert_array_equal(events.read_scalars(tmp_path)["loss"].value, [np.nan, np.inf])


def test_several_files_are_read_in_time_order(tmp_path):
    write_events(tmp_path, scalar(7, {"loss": 7.0}), second=10_000)  # "10000" < "9999" as text
    write_events(tmp_path, scalar(3, {"loss": 3.0}), second=9_999)
    np.testing.assert_array_equal(events.read_scalars(tmp_path)["loss"].step, [3, 7])


def test_a_resumed_run_reads_like_an_uninterrupted_one(tmp_path):
    first = [scalar(i, {"loss": -1.0 if i >= 30 else i}) for i in range(0, 50, 10)]
    write_events(tmp_path, start(0), *first)
    later = [scalar(i, {"loss": i}, SECOND + 9000 + i) for i in range(30, 60, 10)]
    write_events(tmp_path, start(30, SECOND + 9020), *later, second=SECOND + 9000)
    loss = events.read_scalars(tmp_path)["loss"]
    np.testing.assert_array_equal(loss.step, range(0, 60, 10))
    np.testing.assert_array_equal(loss.value, range(0, 60, 10))
    # The second launch began at step 30, 20 s into the run; the pause is not training time.
    np.testing.assert_array_equal(loss.seconds, [0, 10, 20, 30, 40, 50])


def test_scalars_written_as_tensors(tmp_path):
    event = Event(step=5, wall_time=SECOND)
    value = event.summary.value.add(tag="loss", tensor=make_tensor_proto(np.float32(0.25)))
    value.metadata.plugin_data.plugin_name = "scalars"
    event.summary.value.add(tag="count", tensor=make_tensor_proto(np.int64(3)))
    write_events(tmp_path, event)
    curves = events.read_scalars(tmp_path)
    assert {tag: curve.value.tolist() for tag, curve in curves.items()} == {
        "loss": [0.25],
        "count": [3.0],
    }


def test_what_is_not_a_scalar_is_left_out(tmp_path):
    event = Event(step=1, wall_time=SECOND)
    event.summary.value.add(tag="text", tensor=make_tensor_proto("hello"))
    event.summary.value.add(tag="vector", tensor=make_tensor_proto([1.0, 2.0]))
    huge = event.summary.value.add(tag="huge", tensor=make_tensor_proto(np.float32(1)))
    huge.tensor.tensor_shape.dim.add(size=10**15)  # a shape that no memory can hold
    hparams = event.summary.value.add(tag="h", tensor=make_tensor_proto(np.float32(0)))
    hparams.metadata.plugin_data.plugin_name = "hparams"
    event.summary.value.add(tag="picture").image.width = 3
    write_events(tmp_path, event)
    assert events.read_scalars(tmp_path) == {}


def test_torn_tail_of_a_killed_writer(tmp_path):
    path = write_events(tmp_path, *(scalar(i, {"loss": i}) for i in range(5)))
    path.write_bytes(path.read_bytes()[:-3])
    assert events.read_scalars(tmp_path)["loss"].step.tolist() == [0, 1, 2, 3]


def damage(path: Path, what: bytes) -> None:
    """Flip one bit in the middle of the first place that holds these bytes."""
    content = bytearray(path.read_bytes())
    content[content.index(what) + len(what) // 2] ^= 1
    path.write_bytes(content)


def test_damage_is_reported_and_the_rest_is_read(tmp_path):
    path = write_events(tmp_path, *(scalar(i, {"loss": i}) for i in range(3)))
    damage(path, b"loss")
    with pytest.raises(DataError, match="TFRecord 1 is damaged"):
        events.read_scalars(tmp_path)
    reported = []
    curves = events.read_scalars(tmp_path, reported.append)
    assert list(curves) == ["loss"]
    assert curves["loss"].step.tolist() == [1, 2]
    assert reported == [f"{path}: TFRecord 1 is damaged and was left out"]


@pytest.mark.parametrize("length", [10, 300, 100_000])
def test_no_damaged_value_is_believed_however_long_it_is(tmp_path, length):
    tag = "t" * length
    path = write_events(tmp_path, scalar(0, {tag: 1.0}), scalar(1, {"loss": 2.0}))
    damage(path, tag.encode())
    reported = []
    assert list(events.read_scalars(tmp_path, reported.append)) == ["loss"]
    assert reported == [f"{path}: TFRecord 1 is damaged and was left out"]


@pytest.mark.parametrize("length", [10, 300, 100_000])
def test_no_damaged_graph_is_believed_however_long_it_is(tmp_path, length):
    name = "n" * length
    path = write_events(tmp_path, graph(intact="MatMul"), graph(**{name: "MatMul"}))
    damage(path, name.encode())
    reported = []
    found = events.read_graph(tmp_path, reported.append)
    assert found and [node.name for node in found.node] == ["intact"]
    assert reported == [f"{path}: TFRecord 2 is damaged and was left out"]


def test_a_damaged_picture_does_not_spoil_the_curves(tmp_path):
    picture = Event(step=1, wall_time=SECOND)
    picture.summary.value.add(tag="weights").image.encoded_image_string = b"p" * 1000
    path = write_events(tmp_path, scalar(0, {"loss": 2.0}), picture, scalar(2, {"loss": 1.0}))
    damage(path, b"pppp")
    reported = []
    assert events.read_scalars(tmp_path, reported.append)["loss"].value.tolist() == [2.0, 1.0]
    assert reported == [f"{path}: TFRecord 2 is damaged and was left out"]


def test_an_intact_tfrecord_that_is_not_an_event(tmp_path):
    path = write_events(tmp_path, scalar(0, {"loss": 2.0}))
    path.write_bytes(path.read_bytes() + as_tfrecord(b"\xff" * 20))
    reported = []
    assert events.read_scalars(tmp_path, reported.append)["loss"].value.tolist() == [2.0]
    assert reported == [f"{path}: TFRecord 2 is damaged and was left out"]


def test_an_event_with_a_graph_that_is_none(tmp_path):
    write_events(tmp_path, graph(x="MatMul"), Event(graph_def=b"\xff" * 20))
    reported = []
    found = events.read_graph(tmp_path, reported.append)
    assert found and found.node[0].name == "x"
    assert reported == [f"{tmp_path}: a graph in its event files cannot be read"]


@pytest.mark.timeout(30)
def test_a_fifo_and_a_link_are_passed_over(tmp_path):
    outside = write_events(tmp_path / "elsewhere", scalar(9, {"loss": 9.0}))
    run = write_events(tmp_path / "run", scalar(0, {"loss": 2.0})).parent
    os.mkfifo(run / "events.out.tfevents.1.fifo")
    (run / "events.out.tfevents.2.link").symlink_to(outside)
    assert events.read_scalars(run)["loss"].step.tolist() == [0]


def test_files_that_cannot_be_read(tmp_path, monkeypatch):
    lost = write_events(tmp_path, scalar(0, {"loss": 0.0}), second=1)
    write_events(tmp_path, scalar(1, {"loss": 1.0}), second=2)

    def failing(path, report):
        if path == lost:
            raise OSError(errno.EIO, "Input/output error")
        return read_payloads(path, report)

    monkeypatch.setattr(events, "read_payloads", failing)
    reported = []
    assert events.read_scalars(tmp_path, reported.append)["loss"].step.tolist() == [1]
    assert reported == [f"{lost}: cannot be read (Input/output error)"]


def test_a_directory_that_cannot_be_read(tmp_path):
    reported = []
    assert events.read_scalars(tmp_path / ("long" * 100), reported.append) == {}
    (line,) = reported
    assert line.endswith("cannot be read (File name too long)")


@pytest.mark.parametrize("content", [b"", b"not an event file at all, but text" * 20])
def test_a_file_that_is_not_an_event_file(tmp_path, content):
    (tmp_path / "events.out.tfevents.1.host").write_bytes(content)
    reported = []
    assert events.read_scalars(tmp_path, reported.append) == {}
    assert len(reported) == (1 if content else 0)


def test_no_directory_no_curves(tmp_path):
    assert events.read_scalars(tmp_path / "nothing") == {}


def test_graph(tmp_path):
    assert events.read_graph(tmp_path) is None
    write_events(tmp_path, graph(logits="MatMul"), scalar(0, {"loss": 1.0}))
    (node,) = events.read_graph(tmp_path).node
    assert (node.name, node.op) == ("logits", "MatMul")


def test_reading_needs_no_tensorflow():
    check = "import sys, helper.runs.events; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check]).returncode == 0
