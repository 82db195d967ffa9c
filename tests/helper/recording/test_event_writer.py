from __future__ import annotations

import dataclasses
import resource
import shutil

import numpy as np
import pytest
from tensorboard import data_compat
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.summary_pb2 import HistogramProto as TensorBoardHistogram
from tensorboard.compat.proto.summary_pb2 import Summary as TensorBoardSummary
from tensorboard.plugins.histogram.summary_v2 import histogram_pb
from tensorboard.util.tensor_util import make_ndarray

from helper import tf
from helper.recording.event_writer import EventWriter
from helper.runs import event_files, events
from tests.small_disk import mounted
from tests.tensorboard_server import serving


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


def accumulated(writer, directory) -> EventAccumulator:
    """What TensorBoard itself reads in a directory after the writer has written."""
    writer.close()
    assert (writer.lost, writer.fault) == (0, None)
    return EventAccumulator(str(directory), size_guidance={"images": 0, "histograms": 0}).Reload()


def test_images(tmp_path):
    generator = np.random.default_rng(0)
    grey = generator.integers(0, 256, (5, 7)).astype(np.uint8)
    colour = generator.integers(0, 256, (4, 6, 3)).astype(np.uint8)
    writer = EventWriter(tmp_path)
    writer.images(3, {"of the weights": grey, "colour": colour})
    writer.images(4, {"colour": colour[::-1]})
    read_back = accumulated(writer, tmp_path)
    assert set(read_back.Tags()["images"]) == {"of the weights", "colour"}
    (image,) = read_back.Images("of the weights")
    assert (image.step, image.height, image.width) == (3, 5, 7)
    np.testing.assert_array_equal(tf_decoded(image), grey[..., np.newaxis])
    first, second = read_back.Images("colour")
    assert (first.step, second.step, first.height, first.width) == (3, 4, 4, 6)
    np.testing.assert_array_equal(tf_decoded(first), colour)
    np.testing.assert_array_equal(tf_decoded(second), colour[::-1])


def tf_decoded(image) -> np.ndarray:
    with tf.Graph().as_default(), tf.Session() as session:
        return session.run(tf.io.decode_png(image.encoded_image_string))


def test_colour_spaces(tmp_path):
    writer = EventWriter(tmp_path)
    writer.images(0, {"grey": np.zeros((2, 2), np.uint8), "colour": np.zeros((2, 2, 3), np.uint8)})
    writer.close()
    (path,) = tmp_path.iterdir()
    (*_, event) = tf.train.summary_iterator(str(path))
    assert [value.image.colorspace for value in event.summary.value] == [1, 3]


def test_an_array_that_is_not_a_picture_raises_and_writes_nothing(tmp_path):
    writer = EventWriter(tmp_path)
    with pytest.raises(ValueError, match="float64"):
        writer.images(0, {"fine": np.zeros((2, 2), np.uint8), "weights": np.zeros((2, 2))})
    assert accumulated(writer, tmp_path).Tags()["images"] == []


def buckets(histogram) -> np.ndarray:
    """What TensorBoard makes of a histogram: float [buckets, 3] of left edge, right, count."""
    proto = TensorBoardHistogram(**dataclasses.asdict(histogram))
    value = TensorBoardSummary.Value(tag="h", histo=proto)
    return make_ndarray(data_compat.migrate_value(value).tensor)


def test_histograms_are_those_that_tensorboard_makes_itself(tmp_path):
    generator = np.random.default_rng(0)
    weights = generator.normal(0.5, 2.0, (50, 40)).astype(np.float32)
    writer = EventWriter(tmp_path)
    writer.histograms(10, {"hidden/weight": weights, "counts": np.arange(31)})
    writer.histograms(20, {"hidden/weight": weights + 1})
    read_back = accumulated(writer, tmp_path)
    assert set(read_back.Tags()["histograms"]) == {"hidden/weight", "counts"}
    first, second = read_back.Histograms("hidden/weight")
    assert (first.step, second.step) == (10, 20)
    found = first.histogram_value
    assert (found.num, found.min, found.max) == (2000, weights.min(), weights.max())
    assert found.sum == pytest.approx(weights.sum(dtype=np.float64))
    assert found.sum_squares == pytest.approx(np.square(weights, dtype=np.float64).sum())
    (counts,) = read_back.Histograms("counts")  # a value on the edge of every bucket
    for written, values in ((found, weights), (counts.histogram_value, np.arange(31))):
        (expected,) = histogram_pb("h", values).value
        np.testing.assert_allclose(buckets(written), make_ndarray(expected.tensor), rtol=1e-5)
    # What the distributions page shows: half of the values are at most the median.
    compressed = read_back.CompressedHistograms("hidden/weight")[0].compressed_histogram_values
    assert dict(compressed)[5000] == pytest.approx(np.median(weights), abs=0.1)


@pytest.mark.parametrize(
    "array",
    [
        np.full(7, 0.25),
        np.full((3, 3), 1e30, np.float32),  # no float lies within 0.5 of it
        np.array([1.0, 1.0, np.nextafter(1.0, 2.0)]),
        np.float32(3.5),
        np.array([True, False, True]),
        np.arange(256, dtype=np.uint8),
        np.array([-1e300, 0, 1e300]),
        np.zeros((2, 2), np.float16),
        np.array([1e-45, -1e-45], np.float32),
    ],
    ids=str,
)
def test_a_histogram_counts_every_value_of_any_array(tmp_path, array, recwarn):
    writer = EventWriter(tmp_path)
    writer.histograms(0, {"values": array})
    (histogram,) = accumulated(writer, tmp_path).Histograms("values")
    found = buckets(histogram.histogram_value)
    assert found[:, 2].sum() == array.size
    assert found[0, 0] == np.float32(array.min()) and found[-1, 1] == np.float32(array.max())
    assert (found[:, 0] <= found[:, 1]).all()


def test_values_that_are_not_finite_are_not_in_a_histogram(tmp_path):
    writer = EventWriter(tmp_path)
    writer.histograms(0, {"some": np.array([np.nan, 1, 2, np.inf]), "none": np.full(3, np.nan)})
    writer.histograms(1, {"none": np.zeros(0)})
    read_back = accumulated(writer, tmp_path)
    assert read_back.Tags()["histograms"] == ["some"]
    (histogram,) = read_back.Histograms("some")
    assert buckets(histogram.histogram_value)[:, 2].sum() == 2


def test_text(tmp_path):
    writer = EventWriter(tmp_path)
    writer.text(0, {"run": "| a | b |\n|---|---|\n", "a note": "**ü**"})
    writer.text(7, {"run": "later"})
    read_back = accumulated(writer, tmp_path)
    assert set(read_back.Tags()["tensors"]) == {"run", "a note"}
    found = [(e.step, make_ndarray(e.tensor_proto).item()) for e in read_back.Tensors("run")]
    assert found == [(0, b"| a | b |\n|---|---|\n"), (7, b"later")]
    (note,) = read_back.Tensors("a note")
    assert make_ndarray(note.tensor_proto).item().decode() == "**ü**"
    metadata = read_back.SummaryMetadata("run")
    assert metadata.plugin_data.plugin_name == "text"


def test_every_kind_of_value_is_counted_when_it_is_lost(tmp_path):
    writer = EventWriter(tmp_path / "train")
    shutil.rmtree(tmp_path / "train")
    picture = np.zeros((2, 2), np.uint8)
    writer.images(0, {"a": picture, "b": picture})
    writer.histograms(0, {"c": np.ones(3)})
    writer.text(0, {"d": "x", "e": "y"})
    writer.close()
    assert writer.lost == 5


@pytest.mark.slow
@pytest.mark.parametrize("fast", [True, False])
def test_the_pages_of_tensorboard(tmp_path, fast):
    writer = EventWriter(tmp_path)
    writer.scalars(1, {"loss": 2.0})
    writer.images(1, {"picture": np.zeros((3, 4), np.uint8)})
    writer.histograms(1, {"weights": np.arange(90.0)})
    writer.text(1, {"note": "hello"})
    writer.close()
    with serving(tmp_path, fast) as server:
        server.until(lambda s: "." in s.get("plugin/text/tags"))
        assert server.scalars(".", "loss") == [(1, 2.0)]
        (picture,) = server.get("plugin/images/images", run=".", tag="picture", sample="0")
        assert picture["step"] == 1
        ((_, step, found),) = server.get("plugin/histograms/histograms", run=".", tag="weights")
        assert step == 1
        assert [bucket[2] for bucket in found] == [3.0] * 30
        assert found[0][0] == 0 and found[-1][1] == 89
        ((_, _, points),) = server.get("plugin/distributions/distributions", run=".", tag="weights")
        assert points[0] == [0, 0.0] and points[-1] == [10000, 89.0]
        (text,) = server.get("plugin/text/text", run=".", tag="note")
        assert text["text"] == "<p>hello</p>"


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


def test_a_disk_that_is_freed_is_written_again(tmp_path):
    """What came while it was full is counted; the rest is in a file of its own."""
    with mounted(tmp_path / "small", 2) as disk:
        writer = EventWriter(disk / "train")
        writer.scalars(0, {"loss": 0.0})
        writer.flush()
        ballast = disk / "ballast"
        with pytest.raises(OSError, match="space"), open(ballast, "wb") as file:
            file.write(bytes(2**21))
        for step in range(1, 301):
            writer.scalars(step, {"loss": float(step)})
            writer.text(step, {"note": "x" * 1000})  # more than a block that is begun can hold
            writer.flush()
        full, files = writer.lost, len(event_files.find(disk / "train"))
        assert full and files == 1 and "space" in (writer.fault or "")
        ballast.unlink()
        writer.flush()  # begins the new file
        for step in range(301, 401):
            writer.scalars(step, {"loss": float(step)})
        writer.close()
        assert writer.lost == full and "space" in (writer.fault or "")
        curve = events.read_scalars(disk / "train", lambda line: None)["loss"]
        assert len(event_files.find(disk / "train")) == 2
        assert curve.step[0] == 0 and curve.step[-100:].tolist() == list(range(301, 401))


def test_a_disk_that_fills_again_and_again_gets_so_many_files(tmp_path, monkeypatch):
    writer = EventWriter(tmp_path / "train")
    for step in range(30):
        for path in event_files.find(tmp_path / "train"):
            path.unlink()
        writer.scalars(step, {"loss": 1.0})
        writer.flush()
    writer.close()
    assert writer.lost == 30 and event_files.find(tmp_path / "train") == []


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
