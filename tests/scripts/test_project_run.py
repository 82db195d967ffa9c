from __future__ import annotations

import json
import shutil
import urllib.parse
import urllib.request
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from google.protobuf import text_format
from PIL import Image
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

from helper.data import datasets
from helper.runs import cleaning, listing, tensorboard_links
from helper.saving import network
from scripts import project_run
from tests import command_line, experiment_modules, tensorboard_server
from tests.experiment_modules import small_data

DATA = small_data(side=6)
RUNS = {
    "mlp": ["--layers=9,8", "--dropout=0.5"],
    "softmax": [],
    "logistic": ["--digit=3"],
    "edges": [],
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    path = tmp_path_factory.mktemp("logs")
    for name, more in RUNS.items():
        arguments = [*more, "--steps=30", "--batch_size=10", "--eval_every=10", f"--logdir={path}"]
        with pytest.MonkeyPatch.context() as monkeypatch:
            assert experiment_modules.run(monkeypatch, DATA, name, *arguments, "--run_name=x") == 0
    return path


@pytest.fixture
def logdir(trained, tmp_path, monkeypatch):
    """A log directory with a run of each experiment, to write into."""
    monkeypatch.setattr(datasets, "load", lambda *_: DATA)
    return Path(shutil.copytree(trained, tmp_path / "logs"))


def project(*arguments) -> command_line.Finished:
    return command_line.script(project_run.main, *arguments)


def written(run: Path) -> tuple[str, np.ndarray, list[list[str]], np.ndarray]:
    """The points' name, values and metadata, and the sprite."""
    run = run / "test"
    config = text_format.Parse((run / "projector_config.pbtxt").read_text(), ProjectorConfig())
    (embedding,) = config.embeddings
    values = np.loadtxt(run / embedding.tensor_path, delimiter="\t", ndmin=2)
    lines = (run / embedding.metadata_path).read_text().splitlines()
    sprite = np.array(Image.open(run / embedding.sprite.image_path))
    return embedding.tensor_name, values, [line.split("\t") for line in lines], sprite


def run_of(logdir: Path, name: str) -> Path:
    return logdir / name / "0001-x"


def test_hidden_layer_with_labels_predictions_and_thumbnails(logdir):
    done = project("mlp/1", "--logdir", logdir)
    assert (done.code, done.stderr) == (0, "")
    name, values, (head, *rows), sprite = written(run_of(logdir, "mlp"))
    assert name == "dropout/stateless_dropout/SelectV2 of test images, step 30"
    assert values.shape == (30, 8) and ((values > 0) & (values < 1)).all()
    assert head == ["label", "predicted", "right"]
    with np.load(run_of(logdir, "mlp") / "predictions.npz") as arrays:
        predicted, label = arrays["predicted"], arrays["label"]
    expected = np.stack([label, predicted, predicted == label], axis=1)
    np.testing.assert_array_equal(np.array(rows, int), expected)
    assert sprite.shape == (6 * 24, 6 * 24)  # six rows of six images, each four times as large
    np.testing.assert_array_equal(255 - sprite[:24:4, 24:48:4], DATA.test.images[1].reshape(6, 6))


def test_output_says_what_was_written_and_what_to_do_next(logdir):
    said = project("mlp/1", "--logdir", logdir, "--images", 20).stdout
    assert "mlp/0001-x after 30 steps" in said
    assert "wrote 20 points of 8 values, 0.0 MB" in said
    assert f"{tensorboard_links.command(logdir)}\n" in said
    assert "http://localhost:6006/#projector" in said


@pytest.mark.parametrize("name", ["softmax", "logistic"])
def test_pixels_where_there_is_no_hidden_layer(logdir, name):
    assert project(f"{name}/1", "--logdir", logdir, "--images", 12).code == 0
    title, values, (head, *rows), _ = written(run_of(logdir, name))
    assert title == "pixels of test images, step 30"
    np.testing.assert_array_equal(values, DATA.test.images[:12])
    if name == "logistic":
        assert head == ["label", "target", "predicted", "right"]
        assert [row[1] for row in rows] == [str(int(row[0] == "3")) for row in rows]
        assert all((row[1] == row[2]) == (row[3] == "1") for row in rows)


def test_features_that_are_not_learned(logdir):
    assert project("edges/1", "--logdir", logdir).code == 0
    title, values, _, _ = written(run_of(logdir, "edges"))
    assert title.startswith("edges/") and values.shape == (30, 72)


def test_the_best_checkpoint_and_the_training_images(logdir):
    run = run_of(logdir, "mlp")
    with network.load(listing.one("mlp/1", logdir), best=True) as net:
        step = net.step
    assert step < 30  # otherwise this shows nothing
    assert project("mlp/1", "--logdir", logdir, "--best", "--split", "train").code == 0
    name, values, _, _ = written(run)
    assert name.endswith(f" of train images, step {step}") and len(values) == 60


def test_a_run_with_points_is_a_run_as_before(logdir):
    names = [run.name for run in listing.find(logdir)]
    curves = listing.one("mlp/1", logdir).curves()
    for _ in range(2):
        assert project("mlp/1", "--logdir", logdir).code == 0
    assert [run.name for run in listing.find(logdir)] == names
    assert listing.one("mlp/1", logdir).curves().keys() == curves.keys()
    archive = cleaning.archive(listing.one("mlp/1", logdir), logdir)
    assert archive.is_file() and not run_of(logdir, "mlp").exists()
    assert project("softmax/1", "--logdir", logdir).code == 0
    cleaning.remove(listing.one("softmax/1", logdir), logdir)
    assert not run_of(logdir, "softmax").exists()


@pytest.mark.parametrize("fast", [True, False])
def test_tensorboard_serves_the_points(logdir, fast):
    assert project("mlp/1", "--logdir", logdir, "--images", 20).code == 0
    name, values, rows, sprite = written(run_of(logdir, "mlp"))
    with tensorboard_server.serving(logdir, fast) as server:
        runs = {f"{e}/0001-x{split}" for e in RUNS for split in ("/train", "/test")}
        server.until(lambda s: set(s.get("runs")) == runs)
        server.until(lambda s: s.get("plugin/projector/runs") == ["mlp/0001-x/test"])
        (shown,) = server.get("plugin/projector/info", run="mlp/0001-x/test")["embeddings"]
        assert (shown["tensorName"], shown["tensorShape"]) == (name, [20, 8])
        assert shown["sprite"]["singleImageDim"] == [24, 24]

        def content(what: str) -> bytes:
            query = urllib.parse.urlencode({"run": "mlp/0001-x/test", "name": name})
            address = f"{server.address}/data/plugin/projector/{what}?{query}"
            with urllib.request.urlopen(address) as answer:
                return answer.read()

        tensor = np.frombuffer(content("tensor"), np.float32).reshape(20, 8)
        np.testing.assert_allclose(tensor, values, rtol=1e-6)
        assert [r.split("\t") for r in content("metadata").decode().splitlines()] == rows
        np.testing.assert_array_equal(Image.open(BytesIO(content("sprite_image"))), sprite)


def damage(run: Path, how: str) -> None:
    if how == "no checkpoint":
        shutil.rmtree(run / "checkpoints")
    elif how == "weights":
        for file in run.glob("checkpoints/*.data*"):
            file.write_bytes(b"\0" * 100)
    elif how == "no graph":
        for file in run.glob("train/*tfevents*"):
            file.unlink()
    else:
        record = json.loads((run / "run.json").read_text())
        record["data"] = None if how == "record" else record["data"] | {"sha256": "0"}
        (run / "run.json").write_text(json.dumps(record))


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("no checkpoint", "has no checkpoint"),
        ("weights", "no checkpoint of "),
        ("no graph", "holds no graph to rebuild its network from"),
        ("record", "is not a run that can be read"),
        ("other data", "is not the data that"),
    ],
)
def test_nothing_is_left_of_a_run_that_cannot_be_shown(logdir, how, message):
    run = run_of(logdir, "mlp")
    damage(run, how)
    before = sorted(run.rglob("*"))
    done = project("mlp/1", "--logdir", logdir)
    *notes, last = done.stderr.splitlines()
    assert done.code in (1, 2) and done.stdout == ""
    assert last.startswith("error: ") and message in last
    assert all(note.startswith("note: checkpoint") for note in notes)
    assert sorted(run.rglob("*")) == before


def test_activations_that_are_not_finite(logdir, monkeypatch):
    broken = np.full((2, 8), np.nan, np.float32)
    monkeypatch.setattr(network.LoadedNetwork, "last_hidden", lambda *_: ("hidden", broken))
    done = project("mlp/1", "--logdir", logdir)
    command_line.check_refused(done, 1, "mlp/0001-x: hidden has values that are not finite")
    assert not list(run_of(logdir, "mlp").rglob("projector*"))


def test_too_many_values(logdir, monkeypatch):
    monkeypatch.setattr(project_run, "_MOST_VALUES", 100)
    done = project("mlp/1", "--logdir", logdir)
    command_line.check_refused(done, 1, "has 8 values for each image", "--images=12")
    assert project("mlp/1", "--logdir", logdir, "--images=12").code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mlp/9"], "mlp/9 matches no run"),
        (["mlp/1", "--images=1"], "--images must be from 2 to 10,000, not 1"),
        (["mlp/1", "--images=10001"], "--images must be from 2 to 10,000"),
        (["mlp/1", "--images=ten"], "invalid int value: 'ten'"),
        (["mlp/1", "--split=validation"], "invalid choice"),
        ([], "RUN"),
    ],
)
def test_bad_input_is_one_line(logdir, arguments, message):
    command_line.check_refused(project(*arguments, "--logdir", logdir), 2, message)
