from __future__ import annotations

import json
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.util.tensor_util import make_ndarray

from helper import tf
from helper.graph.evaluation import Evaluation, Observation, evaluator
from helper.pictures.drawing import shades
from helper.pictures.observers import default_observers, thinned
from helper.pictures.summaries import MOST_UNITS
from helper.runs import event_files
from helper.runs.tfrecords import read_payloads
from tests.experiment_modules import build, load, run, small_data
from tests.tensorboard_server import serving


def decoded(summary) -> np.ndarray:
    return np.array(Image.open(BytesIO(summary.value[0].image.encoded_image_string)))


def drawn(name, *arguments, data=None):
    """What is drawn from the initial weights: {(tag, kind): summary}, and the weights."""
    data = data or small_data()
    model = build(load(name, *arguments), data)
    with tf.Session(graph=model.graph) as session, model.graph.as_default():
        session.run(tf.global_variables_initializer())
        evaluation = evaluator(session, model)(data.test)
        seen = Observation(session, model, data.test, evaluation, step=0, number=0, last=True)
        summaries = [summary for observe in default_observers() for summary in observe(seen)]
        first = session.run(tf.trainable_variables()[0])
    found = {(s.value[0].tag, s.value[0].WhichOneof("value")): s for s in summaries}
    return found, first, evaluation


def test_first_layer_weights_are_the_images_that_a_unit_looks_for():
    found, weights, _ = drawn("hidden_layer", "--hidden_units=3")
    picture = decoded(found["hidden/weight", "image"])
    assert picture.shape == (2 * 28 + 1, 2 * 28 + 1)  # 4 × 4 pixels, seven times as large
    expected = shades(weights.T.reshape(3, 4, 4))
    np.testing.assert_array_equal(picture[:28:7, :28:7], expected[0])
    np.testing.assert_array_equal(picture[:28:7, 29::7], expected[1])
    np.testing.assert_array_equal(picture[29::7, :28:7], expected[2])


def test_only_so_many_units_are_drawn():
    found, _, _ = drawn("hidden_layer", "--hidden_units=300")
    side = int(MOST_UNITS**0.5)
    assert decoded(found["hidden/weight", "image"]).shape == (29 * side - 1, 29 * side - 1)


def test_confusion_matrix_as_picture_and_as_table():
    found, _, evaluation = drawn("softmax")
    assert ("confusion matrix", "image") in found
    text = make_ndarray(found["results/confusion table", "tensor"].value[0].tensor).item()
    rows = [line.split("|")[2:12] for line in text.decode().splitlines()[2:]]
    counts = np.array([[int(cell.strip(" *")) for cell in row] for row in rows])
    assert counts.sum() == len(evaluation.targets)
    assert counts[:, 0].sum() == len(evaluation.targets)  # zero weights say 0 to everything


def test_one_against_the_rest_has_two_classes():
    found, _, evaluation = drawn("logistic", "--digit=3")
    assert set(np.unique(evaluation.targets)) == {0, 1}
    text = make_ndarray(found["results/confusion table", "tensor"].value[0].tensor).item()
    assert text.decode().startswith("| true \\ predicted | 0 | 1 | right |")


def test_a_model_that_says_no_class_has_no_confusion_matrix():
    data = small_data()
    model = build(load("softmax"), data)
    with tf.Session(graph=model.graph) as session, model.graph.as_default():
        session.run(tf.global_variables_initializer())
        seen = Observation(session, model, data.test, Evaluation({}, None, None), 0, 0)
        drawn = [summary for observe in default_observers() for summary in observe(seen)]
    assert [summary.value[0].tag for summary in drawn] == ["readout/weight"]


def test_pictures_of_a_long_run_are_few():
    observe = thinned(lambda seen: [seen.number])
    seen = Observation(None, None, None, None, 0, 0)
    drawn = [n for number in range(100_000) for n in observe(seen._replace(number=number))]
    assert drawn[:32] == [*range(32)] and drawn[32:35] == [32, 34, 36]
    assert len(drawn) < 250


@pytest.mark.parametrize("validation", [0, 0.5])
def test_every_evaluation_is_drawn_once(monkeypatch, tmp_path, validation):
    arguments = ["--steps=25", "--eval_every=10", "--batch_size=5", f"--logdir={tmp_path}"]
    split = f"--validation_split={validation}"
    assert run(monkeypatch, small_data(), "softmax", *arguments, split) == 0
    (path,) = tmp_path.glob("softmax/*")
    assert json.loads((path / "run.json").read_text())["summaries_lost"] == 0
    steps: dict[str, list[int]] = {}
    (file,) = event_files.find(path / ("validation" if validation else "test"))
    for payload in read_payloads(file, print):
        event = Event.FromString(payload)
        for value in event.summary.value:
            kind = value.WhichOneof("value")
            if kind == "image" or (kind == "tensor" and "confusion" in value.tag):
                steps.setdefault(f"{value.tag} {value.WhichOneof('value')}", []).append(event.step)
    assert steps == {
        "readout/weight image": [0, 10, 20, 25],
        "confusion matrix image": [0, 10, 20, 25],
        "results/confusion table tensor": [25],  # at the end only
    }


@pytest.mark.parametrize("fast", [True, False])
def test_tensorboard_shows_pictures_and_table(monkeypatch, tmp_path, fast):
    arguments = ["--steps=4", "--eval_every=2", "--batch_size=5", f"--logdir={tmp_path}"]
    assert run(monkeypatch, small_data(), "edges", *arguments) == 0
    (path,) = tmp_path.glob("edges/*")
    name = f"edges/{path.name}/test"
    maps = ["image", "left_minus_right", "upper_minus_lower"]
    images = [f"images/{name}/image/{i}" for name in maps for i in range(3)]
    images.append("confusion matrix")
    tables = {"results/confusion table", "run"}
    with serving(tmp_path, fast) as server:
        server.until(lambda s: set(s.get("plugin/images/tags").get(name, {})) == set(images))
        server.until(lambda s: tables <= set(s.get("plugin/text/tags").get(name, [])))
        for tag in images:
            shown = server.get("plugin/images/images", run=name, tag=tag)
            assert [image["step"] for image in shown] == [0, 2, 4]
        (last,) = server.get("plugin/text/text", run=name, tag="results/confusion table")
        assert last["step"] == 4 and "<strong>9</strong>" in last["text"]
