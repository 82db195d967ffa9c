from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.util.tensor_util import make_tensor_proto

from helper.errors import DataError
from helper.runs import events
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


def test_what_is_no_scalar_is_left_out(tmp_path):
    event = Event(step=1, wall_time=SECOND)
    event.summary.value.add(tag="text", tensor=make_tensor_proto("hello"))
    event.summary.value.add(tag="vector", tensor=make_tensor_proto([1.0, 2.0]))
    hparams = event.summary.value.add(tag="h", tensor=make_tensor_proto(np.float32(0)))
    hparams.metadata.plugin_data.plugin_name = "hparams"
    event.summary.value.add(tag="picture").image.width = 3
    write_events(tmp_path, event)
    assert events.read_scalars(tmp_path) == {}


def test_torn_tail_of_a_killed_writer(tmp_path):
    path = write_events(tmp_path, *(scalar(i, {"loss": i}) for i in range(5)))
    path.write_bytes(path.read_bytes()[:-3])
    assert events.read_scalars(tmp_path)["loss"].step.tolist() == [0, 1, 2, 3]


def test_damage_is_told_and_the_rest_is_read(tmp_path):
    path = write_events(tmp_path, *(scalar(i, {"loss": i}) for i in range(3)))
    content = path.read_bytes()
    place = content.index(b"loss")
    path.write_bytes(content[:place] + b"l0ss" + content[place + 4 :])
    with pytest.raises(DataError, match="record 1 is damaged"):
        events.read_scalars(tmp_path)
    told = []
    curves = events.read_scalars(tmp_path, told.append)
    assert list(curves) == ["loss"]
    assert curves["loss"].step.tolist() == [1, 2]
    assert told == [f"{path}: record 1 is damaged and was left out"]


def test_a_damaged_picture_does_not_spoil_the_curves(tmp_path):
    picture = Event(step=1, wall_time=SECOND)
    picture.summary.value.add(tag="weights").image.encoded_image_string = b"p" * 1000
    path = write_events(tmp_path, scalar(0, {"loss": 2.0}), picture)
    path.write_bytes(path.read_bytes().replace(b"pppp", b"pPpp", 1))
    assert events.read_scalars(tmp_path)["loss"].value.tolist() == [2.0]


@pytest.mark.parametrize("content", [b"", b"not an event file at all, but text" * 20])
def test_a_file_that_is_no_event_file(tmp_path, content):
    (tmp_path / "events.out.tfevents.1.host").write_bytes(content)
    told = []
    assert events.read_scalars(tmp_path, told.append) == {}
    assert len(told) == (1 if content else 0)


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
