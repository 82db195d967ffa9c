from __future__ import annotations

import fcntl
import io
import os

import numpy as np
import pytest
from google.protobuf import text_format
from tensorboard.plugins.projector import projector_plugin
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

from helper.errors import LabError
from helper.saving import projector
from helper.saving.projector import Points, write_values

CONFIG = "projector_config.pbtxt"


def some(n: int = 4, features: int = 5, name: str = "hidden") -> Points:
    values = np.random.RandomState(n).rand(n, features).astype(np.float32)
    columns = {"label": range(n), "right": [1] * n}
    return Points(name, values, columns, b"a sprite", (28, 14))


def config(run) -> ProjectorConfig:
    return text_format.Parse((run / CONFIG).read_text(), ProjectorConfig())


def files(run) -> list[str]:
    return sorted(path.relative_to(run).as_posix() for path in run.rglob("*") if path.is_file())


def text(values) -> str:
    file = io.BytesIO()
    write_values(file, np.array(values))
    return file.getvalue().decode()


def test_config_names_files_that_tensorboard_reads(tmp_path):
    points = some()
    size = projector.write(tmp_path, points)
    (embedding,) = config(tmp_path).embeddings
    assert (embedding.tensor_name, list(embedding.tensor_shape)) == ("hidden", [4, 5])
    read = projector_plugin._read_tensor_tsv_file(str(tmp_path / embedding.tensor_path))
    np.testing.assert_allclose(read, points.values, atol=1e-3)
    metadata = (tmp_path / embedding.metadata_path).read_text()
    assert metadata == "label\tright\n0\t1\n1\t1\n2\t1\n3\t1\n"
    assert (tmp_path / embedding.sprite.image_path).read_bytes() == b"a sprite"
    assert list(embedding.sprite.single_image_dim) == [28, 14]
    named = {embedding.tensor_path, embedding.metadata_path, embedding.sprite.image_path}
    assert {*files(tmp_path)} == named | {CONFIG}
    assert size == sum((tmp_path / name).stat().st_size for name in named)


def test_a_second_call_replaces_the_first(tmp_path):
    projector.write(tmp_path, some(4))
    first = files(tmp_path)
    projector.write(tmp_path, some(7))
    assert len(files(tmp_path)) == 4
    assert {*files(tmp_path)} & {*first} == {CONFIG}  # a new name: never half old, half new
    assert list(config(tmp_path).embeddings[0].tensor_shape) == [7, 5]


@pytest.mark.parametrize(
    ("values", "written"),
    [
        ([[0.12345, -0.0001, 1.0], [0.0, -0.5, 0.25]], ".123\t0\t1\n0\t-.5\t.25\n"),
        ([[1e30, 1.0]], "1e+30\t0\n"),
        ([[1e-30, -3.2e-31]], "1e-30\t-3.2e-31\n"),
        (np.array([[255, 7]], np.uint8), "255\t7\n"),
        ([[-1234.5678, 10.4]], "-1235\t10\n"),
        ([[0.0, 0.0]], "0\t0\n"),
    ],
)
def test_values_are_short(values, written):
    assert text(values) == written


@pytest.mark.parametrize("scale", [1e-30, 1e-3, 0.3, 1, 17, 1e4, 1e30])
def test_values_are_as_exact_as_promised(scale):
    values = scale * np.random.RandomState(0).uniform(-1, 1, (20, 50))
    read = [[float(word) for word in line.split("\t")] for line in text(values).splitlines()]
    assert np.abs(np.array(read) - values).max() <= 0.002 * np.abs(values).max()
    assert len(text(values)) < 12 * values.size


@pytest.mark.parametrize("features", [1, 2])
def test_few_features_are_filled_up(tmp_path, features):
    """TensorBoard shows nothing of points with fewer than three."""
    projector.write(tmp_path, some(features=features))
    (embedding,) = config(tmp_path).embeddings
    assert list(embedding.tensor_shape) == [4, 3]
    read = projector_plugin._read_tensor_tsv_file(str(tmp_path / embedding.tensor_path))
    assert read.shape == (4, 3) and not read[:, features:].any()


def test_names_that_do_not_fit_into_an_address(tmp_path):
    projector.write(tmp_path, some(name='a&name=b#%"\n:1/c of test, step 3'))
    assert config(tmp_path).embeddings[0].tensor_name == "a_name_b_____1/c of test, step 3"


def broken(file, values) -> None:
    file.write(b"half a line")
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("before", [False, True])
def test_a_full_disk_leaves_what_was_there(tmp_path, monkeypatch, before):
    if before:
        projector.write(tmp_path, some())
    found = {name: (tmp_path / name).read_bytes() for name in files(tmp_path)}
    monkeypatch.setattr(projector, "write_values", broken)
    with pytest.raises(LabError, match="cannot write to .*: No space left on device"):
        projector.write(tmp_path, some(7))
    assert {name: (tmp_path / name).read_bytes() for name in files(tmp_path)} == found
    assert before or not any(tmp_path.iterdir())


def test_what_a_killed_writer_left_is_removed(tmp_path):
    left = tmp_path / "projector" / "0009"
    left.mkdir(parents=True)
    (left / ".partial-x").write_bytes(b"half")
    projector.write(tmp_path, some())
    assert not left.exists() and len(files(tmp_path)) == 4


def test_only_one_process_writes(tmp_path):
    (tmp_path / "projector").mkdir()
    handle = os.open(tmp_path / "projector", os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        with pytest.raises(LabError, match="another process"):
            projector.write(tmp_path, some())
    finally:
        os.close(handle)
    assert files(tmp_path) == []


@pytest.mark.parametrize("kind", ["link", "file"])
def test_never_through_a_link(tmp_path, kind):
    other = tmp_path / "other"
    (other / "0001").mkdir(parents=True)
    run = tmp_path / "run"
    run.mkdir()
    if kind == "link":
        (run / "projector").symlink_to(other)
    else:
        (run / "projector").write_text("mine")
    with pytest.raises(LabError, match="cannot write to"):
        projector.write(run, some())
    (tmp_path / "entry").symlink_to(other)
    with pytest.raises(LabError, match="is a link"):
        projector.write(tmp_path / "entry", some())
    assert (other / "0001").is_dir() and not (run / CONFIG).exists()
