"""What runs see: networks of every experiment, rebuilt in a process that others share."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from helper.board import digits, networks, tested_images
from helper.data.datasets import Split
from helper.errors import LabError
from helper.runs import listing
from tests import experiment_modules
from tests.board_client import Board
from tests.made_runs import make_run, write_events

SIDE = 28
RUNS = {
    "softmax/0001": ["--learning_rate=0.5"],
    "edges/0001": ["--strength"],
    "hidden_layer/0001": ["--hidden_units=7", "--learning_rate=3"],
    "logistic/0001": ["--digit=3", "--learning_rate=3"],
    "mlp/0001": ["--layers=9,8", "--activation=relu", "--dropout=0.4"],
}


def learnable(split: Split) -> Split:
    images = split.images // 4
    images[np.arange(len(images)), split.labels] = 255
    return Split(images, split.labels)


_random = experiment_modules.small_data(side=SIDE)
DATA = replace(_random, train=learnable(_random.train), test=learnable(_random.test))


@pytest.fixture(scope="module")
def logdir(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("logs")
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name, arguments in RUNS.items():
            more = ["--steps=60", "--batch_size=10", "--eval_every=30", f"--logdir={path}"]
            experiment = name.partition("/")[0]
            assert experiment_modules.run(monkeypatch, DATA, experiment, *arguments, *more) == 0
    for name in RUNS:
        made = next((path / name.partition("/")[0]).iterdir())
        made.rename(path / name)
    return path


@pytest.fixture
def board(logdir, monkeypatch) -> Board:
    monkeypatch.setattr(tested_images, "find", lambda run: DATA.test)
    return Board(logdir)


def test_every_experiment_says_what_its_predictions_say(board, logdir) -> None:
    names = list(RUNS)
    saved = {n: listing.load_predictions(listing.one(str(logdir / n), logdir)) for n in names}
    for index in (0, 3, 17, 29):
        found = board.post("answers", runs=names, index=index, layers=True)
        assert found["label"] == DATA.test.labels[index] and found["shape"] == [SIDE, SIDE]
        pixels = np.frombuffer(base64.b64decode(found["pixels"]), np.uint8)
        assert np.array_equal(pixels, DATA.test.images[index])
        for answer in found["answers"]:
            predicted, label = saved[answer["run"]]
            assert answer["error"] is None and answer["step"] == 60
            assert (answer["predicted"], answer["target"]) == (predicted[index], label[index])
            classes = 2 if answer["run"].startswith("logistic") else 10
            assert answer["classes"] == [str(c) for c in range(classes)]
            assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-5)
            layers = [layer["name"] for layer in answer["layers"]]
            assert any(name.startswith("readout") for name in layers)
            assert all(layer["png"].startswith("data:image/png") for layer in answer["layers"])


def test_probabilities_of_the_images_behind_a_count(board, logdir) -> None:
    found = board.post("cell", run="softmax/0001", other="mlp/0001")
    assert found["notes"] == [] and found["total"] == len(DATA.test.labels)
    for image in found["images"][:5]:
        (one, other) = board.post(
            "answers", runs=["softmax/0001", "mlp/0001"], index=image["index"]
        )["answers"]
        assert image["said"] == one["predicted"]
        expected = one["probabilities"][image["said"]]
        assert image["probability"] == pytest.approx(expected, abs=1e-5)
        expected = other["probabilities"][image["said_other"]]
        assert image["probability_other"] == pytest.approx(expected, abs=1e-5)


def encoded(image: np.ndarray) -> str:
    return base64.b64encode(image.tobytes()).decode()


@pytest.mark.parametrize("side", [28, 140])
def test_a_drawing_is_centred(board, side) -> None:
    drawing = np.zeros((side, side), np.uint8)
    drawing[2:20, 1:4] = 255
    found = board.post("answers", runs=["softmax/0001"], pixels=encoded(drawing))
    assert base64.b64decode(found["pixels"]) == digits.fit(drawing).tobytes()
    assert found["label"] is None and found["answers"][0]["target"] is None
    if side == 28:
        asked = {"runs": ["softmax/0001"], "pixels": encoded(drawing), "centre": False}
        as_it_is = board.post("answers", **asked)
        assert base64.b64decode(as_it_is["pixels"]) == drawing.tobytes()


def test_drawings_that_are_none(board) -> None:
    def error(**body):
        return board.post("answers", 400, runs=["softmax/0001"], **body)["error"]

    assert error(pixels=encoded(np.zeros((28, 28), np.uint8))) == "nothing is drawn"
    assert "28 × 28 to 800 × 800" in error(pixels=encoded(np.ones(785, np.uint8)))
    assert "28 × 28 pixels" in error(pixels=encoded(np.ones((29, 29), np.uint8)), centre=False)
    assert "base64" in error(pixels="not!")
    assert "index" in error() and "index" in error(index=30) and "index" in error(index="x")
    assert "runs" in board.post("answers", 400, runs=[], index=0)["error"]


def test_runs_that_cannot_answer_say_why(logdir, tmp_path, monkeypatch) -> None:
    shutil.copytree(logdir / "softmax/0001", tmp_path / "softmax/0001")
    shutil.copytree(logdir / "softmax/0001", tmp_path / "softmax/0002")
    shutil.rmtree(tmp_path / "softmax/0002/checkpoints")
    make_run(tmp_path / "softmax/0003")
    (make_run(tmp_path / "softmax/0004") / "run.json").write_text("{")
    shutil.copytree(logdir / "mlp/0001", tmp_path / "mlp/0001")
    record = json.loads((tmp_path / "mlp/0001/run.json").read_text())
    record["data"]["image_shape"] = [6, 5]
    (tmp_path / "mlp/0001/run.json").write_text(json.dumps(record))
    write_events(tmp_path / "foreign")
    monkeypatch.setattr(tested_images, "find", lambda run: DATA.test)
    names = ["softmax/0001", "softmax/0002", "softmax/0003", "softmax/0004", "mlp/0001", "foreign"]
    found = Board(tmp_path).post("answers", runs=names, index=1)
    errors = {answer["run"]: answer["error"] for answer in found["answers"]}
    assert errors.pop("softmax/0001") is None
    assert "has no checkpoint" in errors["softmax/0002"]
    assert "earlier version" in errors["softmax/0003"]
    assert "has no record" in errors["softmax/0004"] and "has no record" in errors["foreign"]
    assert "takes images of 6 × 5 pixels; this has 28 × 28" in errors["mlp/0001"]
    assert all("\n" not in error for error in errors.values())


def test_a_run_that_trained_on_is_rebuilt(logdir, tmp_path) -> None:
    shutil.copytree(logdir / "softmax/0001", tmp_path / "softmax/0001")
    known = networks.Networks()
    (run,) = listing.find(tmp_path)
    with known.of(run) as first:
        assert first.step == 60
    with known.of(run) as again:
        assert again is first
    (tmp_path / "softmax/0001/checkpoints/another").touch()
    with known.of(listing.find(tmp_path)[0]) as after:
        assert after is not first


def test_a_few_are_kept(logdir, monkeypatch) -> None:
    monkeypatch.setattr(networks, "_MOST_KEPT", 2)
    known = networks.Networks()
    runs = listing.find(logdir)
    for run in runs:
        with known.of(run) as network:
            assert network.answer(DATA.test.images[:1]).predictions.shape == (1,)
    assert list(known._kept) == [run.name for run in runs[-2:]]
    (first, *_) = runs
    with known.of(first) as network:
        assert network.answer(DATA.test.images[:2]).predictions.shape == (2,)


def test_many_ask_at_once(board) -> None:
    names, answers = list(RUNS), {}

    def ask(index: int) -> None:
        found = board.post("answers", runs=names, index=index)["answers"]
        answers[index] = [answer["predicted"] for answer in found]

    threads = [threading.Thread(target=ask, args=(index,)) for index in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for index in range(6):
        found = board.post("answers", runs=names, index=index)["answers"]
        assert answers[index] == [answer["predicted"] for answer in found]


EAGER = """
import logging, sys
import tensorflow as tf
before = (tf.executing_eagerly(), logging.getLogger("tensorflow").level,
          tf.compat.v1.control_flow_v2_enabled(), tf.compat.v1.resource_variables_enabled())
sys.path[:0] = [{root!r}, {root!r} + "/tests"]
from pathlib import Path
from helper.board.catalogue import Catalogue
from helper.board.networks import Networks
import numpy as np
for run in Catalogue({logdir!r}).runs():
    with Networks().of(run) as network:
        network.answer(np.zeros((1, 784), np.uint8))
        network.activations(np.zeros((1, 784), np.uint8))
after = (tf.executing_eagerly(), logging.getLogger("tensorflow").level,
         tf.compat.v1.control_flow_v2_enabled(), tf.compat.v1.resource_variables_enabled())
assert before == after, (before, after)
assert float(tf.constant(2.0) + 1) == 3.0
print("as it was")
"""


def test_the_process_stays_as_it_was(logdir, pytestconfig) -> None:
    code = EAGER.format(root=str(pytestconfig.rootpath), logdir=str(logdir))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "as it was", done.stderr


def test_a_network_that_fails_is_one_line(board, monkeypatch) -> None:
    def fail(run):
        raise LabError("no")

    monkeypatch.setattr(networks, "_load", fail)
    (answer,) = board.post("answers", runs=["softmax/0001"], index=0)["answers"]
    assert answer["error"] == "no"
