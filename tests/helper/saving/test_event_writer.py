from __future__ import annotations

import resource
import shutil

import pytest
from tensorboard.compat.proto.summary_pb2 import Summary as TensorBoardSummary

from helper import tf
from helper.runs import events
from helper.saving.event_writer import EventWriter


def read(directory) -> dict[str, list[tuple[int, float]]]:
    curves = events.read_scalars(directory)
    return {
        tag: list(zip(curve.step.tolist(), curve.value.tolist(), strict=True))
        for tag, curve in curves.items()
    }


def test_tags_are_kept_as_they_are(tmp_path):
    writer = EventWriter(tmp_path)
    for step in (0, 10):
        writer.scalars(step, {"log likelihood": -0.5 - step, "best/test/F1": 0.25})
        writer.scalars(step, {"loss": 2.0})
    writer.close()
    assert read(tmp_path) == {
        "log likelihood": [(0, -0.5), (10, -10.5)],
        "best/test/F1": [(0, 0.25), (10, 0.25)],
        "loss": [(0, 2.0), (10, 2.0)],
    }
    assert (writer.lost, writer.fault) == (0, None)


def test_tensorflow_itself_reads_the_file(tmp_path):
    with tf.Graph().as_default() as graph:
        tf.placeholder(tf.float32, [], "x")
    writer = EventWriter(tmp_path)
    writer.graph(graph.as_graph_def())
    copy = TensorBoardSummary()
    copy.value.add(tag="of TensorBoard", simple_value=1.0)
    writer.summary(3, copy)
    writer.close()
    (path,) = tmp_path.iterdir()
    version, with_graph, with_summary = tf.train.summary_iterator(str(path))
    assert version.file_version == "brain.Event:2"
    assert tf.GraphDef.FromString(with_graph.graph_def).node[0].name == "x"
    assert (with_summary.step, with_summary.summary.value[0].tag) == (3, "of TensorBoard")


def test_flushed_values_can_be_read_at_once(tmp_path):
    writer = EventWriter(tmp_path)
    writer.scalars(1, {"loss": 2.0})
    writer.flush()
    assert read(tmp_path) == {"loss": [(1, 2.0)]}


def test_writers_of_one_second_have_files_of_their_own(tmp_path):
    writers = [EventWriter(tmp_path) for _ in range(3)]
    for number, writer in enumerate(writers):
        writer.scalars(number, {"loss": float(number)})
        writer.close()
    assert len(list(tmp_path.iterdir())) == 3
    assert sorted(read(tmp_path)["loss"]) == [(0, 0.0), (1, 1.0), (2, 2.0)]


def test_a_new_file_comes_after_the_older_ones_even_if_the_clock_was_set_back(tmp_path):
    old = tmp_path / "events.out.tfevents.9999999998.host.1.0"
    old.write_bytes(b"")
    EventWriter(tmp_path).close()
    assert sorted(tmp_path.iterdir())[0] == old


def test_directory_that_vanishes(tmp_path):
    writer = EventWriter(tmp_path / "train")
    writer.scalars(0, {"loss": 1.0, "accuracy": 0.5})
    writer.flush()
    assert writer.lost == 0
    shutil.rmtree(tmp_path / "train")
    writer.scalars(1, {"loss": 1.0, "accuracy": 0.5})
    writer.flush()
    assert writer.lost == 2 and "was removed" in (writer.fault or "")
    writer.scalars(2, {"loss": 1.0})
    writer.close()
    assert writer.lost == 3
    assert not (tmp_path / "train").exists()


def test_file_that_is_replaced(tmp_path):
    writer = EventWriter(tmp_path)
    (path,) = tmp_path.iterdir()
    path.unlink()
    path.write_bytes(bytes(1000))
    writer.scalars(1, {"loss": 1.0})
    writer.flush()
    assert writer.lost == 1 and "was replaced" in (writer.fault or "")


def test_directory_that_cannot_be_made(tmp_path):
    (tmp_path / "train").write_text("")
    writer = EventWriter(tmp_path / "train")
    writer.scalars(0, {"loss": 1.0, "accuracy": 0.5})
    writer.close()
    assert writer.lost == 2 and str(tmp_path / "train") in (writer.fault or "")


def test_no_more_room(tmp_path):
    """A limit on a file's size, as a full disk: what was flushed before stays."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    writer = EventWriter(tmp_path)
    writer.scalars(0, {"loss": 1.0})
    writer.flush()
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        for step in range(1, 1001):
            writer.scalars(step, {"loss": 1.0})
            if step % 100 == 0:
                writer.flush()
        writer.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert writer.fault and str(tmp_path) in writer.fault and "\n" not in writer.fault
    curve = events.read_scalars(tmp_path, lambda line: None)["loss"]
    assert 1 <= len(curve.step) < 1000
    assert writer.lost % 100 == 0 and 1001 - writer.lost <= len(curve.step)


def test_a_fault_says_nothing_on_standard_error(tmp_path, capfd):
    writer = EventWriter(tmp_path / "train")
    shutil.rmtree(tmp_path / "train")
    writer.scalars(0, {"loss": 1.0})
    writer.close()
    del writer
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_values_that_are_not_finite_are_kept(tmp_path, value):
    writer = EventWriter(tmp_path)
    writer.scalars(0, {"loss": value})
    writer.close()
    assert str(read(tmp_path)["loss"][0][1]) == str(value)
