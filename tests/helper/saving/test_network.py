"""Networks of real runs, rebuilt from what the runs wrote."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from helper import tf
from helper.data.datasets import Split
from helper.errors import LabError
from helper.files import PROJECT_ROOT
from helper.graph.evaluation import BATCH_SIZE
from helper.graph.model import Model
from helper.runs import listing
from helper.runs.events import event_files, read_run_graph
from helper.saving import checkpoints, network, operations
from tests import experiment_modules, made_runs
from tests.experiment_modules import small_data


def _learnable(split: Split) -> Split:
    """The same with the pixel that says the class much brighter than the others."""
    images = split.images // 4
    images[np.arange(len(images)), split.labels] = 255
    return Split(images, split.labels)


_random = small_data()
DATA = replace(_random, train=_learnable(_random.train), test=_learnable(_random.test))
TEST = DATA.test.images
RUNS = {
    "softmax": ["softmax", "--learning_rate=0.5"],
    "edges": ["edges", "--strength"],
    "hidden_layer": ["hidden_layer", "--hidden_units=7", "--learning_rate=3"],
    "logistic": ["logistic", "--digit=3", "--learning_rate=3"],
    "dropout": ["mlp", "--layers=9,8", "--activation=relu", "--dropout=0.4", "--optimizer=adam"],
    "sigmoid": ["mlp", "--layers=9", "--output=sigmoid", "--l2=0.001", "--learning_rate=3"],
    "xla": ["mlp", "--layers=9", "--xla", "--activation=tanh"],
    "no layer": ["mlp", "--layers=", "--nonormalize"],
}


@pytest.fixture(scope="module")
def logdir(tmp_path_factory):
    path = tmp_path_factory.mktemp("logs")
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name, (experiment, *arguments) in RUNS.items():
            more = ["--steps=90", "--batch_size=10", "--eval_every=30", f"--logdir={path}"]
            more.append(f"--run_name={name.replace(' ', '_')}")
            assert experiment_modules.run(monkeypatch, DATA, experiment, *arguments, *more) == 0
    return path


def find(logdir: Path, name: str) -> listing.ListedRun:
    (run,) = (r for r in listing.find(logdir) if r.name.endswith(f"-{name.replace(' ', '_')}"))
    return run


@pytest.fixture
def copied(logdir, tmp_path):
    """A copy of the run "dropout", of which a test may damage the files."""
    run = find(logdir, "dropout")
    shutil.copytree(run.path, tmp_path / run.name)
    return find(tmp_path, "dropout")


def check_answers(run: listing.ListedRun, net: network.LoadedNetwork) -> None:
    predicted, label = listing.load_predictions(run)
    answers = net.answer(TEST)
    np.testing.assert_array_equal(answers.predictions, predicted)
    np.testing.assert_array_equal(net.targets(DATA.test.labels), label)
    assert answers.predictions.dtype == np.int64 and answers.probabilities.dtype == np.float32
    np.testing.assert_allclose(answers.probabilities.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(answers.probabilities.argmax(axis=1), predicted)


@pytest.mark.parametrize("name", RUNS)
def test_it_answers_as_the_run_did(logdir, name):
    run = find(logdir, name)
    assert len(set(listing.load_predictions(run)[0])) > 1
    with network.load(run) as net:
        assert net.step == 90 and net.record == run.record
        check_answers(run, net)


def test_many_at_once(logdir):
    runs = [find(logdir, name) for name in RUNS]
    networks = [network.load(run) for run in runs]
    for run, net in zip(runs * 2, networks * 2, strict=True):
        check_answers(run, net)
    for net in networks:
        net.close()


def test_the_bits_are_those_of_an_evaluation(logdir):
    run = find(logdir, "dropout")
    images = np.random.RandomState(0).randint(0, 256, (BATCH_SIZE, 16)).astype(np.uint8)
    module = experiment_modules.load(*RUNS["dropout"])
    model: Model = experiment_modules.build(module, DATA)
    with model.graph.as_default(), model.session() as session:
        saver = tf.train.Saver([v for v in tf.global_variables() if v.op.name != "beta1_power"])
        saver.restore(session, str(next(run.path.glob("checkpoints/*90.index")).with_suffix("")))
        expected = session.run(model.step.probabilities, {model.inputs.images: images})
    with network.load(run) as net:
        np.testing.assert_array_equal(net.answer(images).probabilities, expected)


@pytest.mark.parametrize("number", [0, 1, 2, 6, 7, 29])
def test_any_number_of_images(logdir, monkeypatch, number):
    monkeypatch.setattr(network, "_BATCH", 3)
    with network.load(find(logdir, "logistic")) as net:
        whole, some = net.answer(TEST), net.answer(TEST[:number])
        targets = net.targets(DATA.test.labels[:number])
        activations = net.activations(TEST[:number])
    np.testing.assert_array_equal(some.predictions, whole.predictions[:number])
    np.testing.assert_allclose(some.probabilities, whole.probabilities[:number], rtol=1e-5)
    np.testing.assert_array_equal(targets, DATA.test.labels[:number] == 3)
    assert {len(value) for value in activations.values()} == {number}


def test_the_best(logdir):
    run = find(logdir, "softmax")
    assert run.record
    best = run.record.best["test/accuracy"].step
    assert best < 90  # otherwise this shows nothing
    with network.load(run, best=True) as net:
        assert net.step == best
        accuracy = np.mean(net.answer(TEST).predictions == DATA.test.labels)
    assert accuracy == pytest.approx(run.record.best["test/accuracy"].value)


def test_activations_are_what_leaves_each_scope(logdir):
    with network.load(find(logdir, "dropout")) as net:
        found = net.activations(TEST[:5])
        probabilities = net.answer(TEST[:5]).probabilities
    shapes = {name: value.shape for name, value in found.items()}
    assert shapes == {
        "normalize/truediv": (5, 16),
        "hidden_1/Relu": (5, 9),
        "hidden_2/Relu": (5, 8),
        "dropout/stateless_dropout/SelectV2": (5, 8),
        "readout/add": (5, 10),
        "readout/Softmax": (5, 10),
    }
    np.testing.assert_allclose(found["normalize/truediv"], TEST[:5] / 255, rtol=1e-6)
    np.testing.assert_array_equal(
        found["dropout/stateless_dropout/SelectV2"], found["hidden_2/Relu"]
    )
    np.testing.assert_array_equal(found["readout/Softmax"], probabilities)


def test_eager_execution_stays_as_it_was(logdir):
    script = f"""
import numpy as np
from helper.runs import listing
from helper.saving import network
from helper.tensorflow_v1 import tf
assert tf.executing_eagerly()
(run,) = listing.find(__import__("pathlib").Path({str(logdir)!r}), ["softmax"])
with network.load(run) as net:
    answers = net.answer(np.zeros((3, 16), np.uint8))
    net.activations(np.zeros((1, 16), np.uint8))
assert tf.executing_eagerly() and (tf.constant(1) + 1).numpy() == 2
print(len(answers.predictions))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT_ROOT, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("3\n", "")


def as_format_1(run: listing.ListedRun) -> None:
    path = run.path / "run.json"
    record = json.loads(path.read_text())
    for name in ("lower_is_better", "select_by", "network", "graph_sha256"):
        del record[name]
    path.write_text(json.dumps(record | {"format": 1}))


@pytest.mark.parametrize("name", RUNS)
def test_runs_of_earlier_versions(logdir, tmp_path, name):
    run = find(logdir, name)
    shutil.copytree(run.path, tmp_path / run.name)
    as_format_1(find(tmp_path, name))
    older = find(tmp_path, name)
    assert older.record and older.record.network is None
    with network.load(older) as net:
        check_answers(run, net)
        assert net.activations(TEST[:1])


def refused(run: listing.ListedRun, images=TEST) -> str:
    with pytest.raises(LabError) as caught, network.load(run) as net:
        net.answer(images)
    (line,) = str(caught.value).splitlines()
    assert line.isprintable()
    return line


def write_graph(run: listing.ListedRun, graph_def) -> None:
    for path in event_files.find(run.path / "train"):
        path.unlink()
    event = made_runs.Event(graph_def=graph_def.SerializeToString())
    made_runs.write_events(run.path, event)


def change_record(run: listing.ListedRun, **changes) -> listing.ListedRun:
    path = run.path / "run.json"
    record = json.loads(path.read_text())
    for name, value in changes.items():
        record[name] = record[name] | value if isinstance(value, dict) else value
    path.write_text(json.dumps(record))
    (again,) = listing.find(run.path.parents[1])
    return again


def test_an_earlier_run_whose_network_cannot_be_found(copied):
    as_format_1(copied)
    graph_def = read_run_graph(copied.path)
    for node in graph_def.node:
        if node.name == "accuracy/Equal":
            node.name = "accuracy/Same"
    write_graph(copied, graph_def)
    (again,) = listing.find(copied.path.parents[1])
    assert "was made by an earlier version" in refused(again)


def test_an_experiment_that_says_no_class(copied):
    run = change_record(copied, network={"predictions": None})
    assert "predicts no class: the Step of mlp has no predictions" in refused(run)


def test_no_probabilities(copied):
    run = change_record(copied, network={"probabilities": None})
    with network.load(run) as net:
        assert net.answer(TEST).probabilities is None


@pytest.mark.parametrize("damage", ["removed", "cut", "flipped", "no graph", "a directory"])
def test_event_files_that_are_missing_or_damaged(copied, damage):
    (path,) = event_files.find(copied.path / "train")
    content = path.read_bytes()
    path.unlink()
    if damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "flipped":
        middle = len(content) // 2
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    elif damage == "no graph":
        made_runs.write_events(copied.path / "train", made_runs.scalar(0, {"loss": 1.0}))
    elif damage == "a directory":
        path.mkdir()
    assert "holds no graph to rebuild its network from" in refused(copied)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("removed", r"\(completed\) has no checkpoint to predict with"),
        ("empty", "no checkpoint of .* is good"),
        ("another run's", "no checkpoint of .* is good"),
    ],
)
def test_checkpoints_that_are_missing_or_damaged(copied, damage, said):
    if damage == "removed":
        shutil.rmtree(copied.path / "checkpoints")
    elif damage == "empty":
        for path in copied.path.glob("checkpoints/*.data*"):
            path.write_bytes(b"")
    else:
        copied = change_record(copied, id="another")
    with pytest.raises(LabError, match=said):
        network.load(copied)


def test_a_damaged_one_is_skipped(copied):
    (newest,) = copied.path.glob("checkpoints/*90.data*")
    newest.write_bytes(b"")
    lines: list[str] = []
    with network.load(copied, report=lines.append) as net:
        assert net.step < 90
    (line,) = lines
    assert "step-0000000090" in line


def test_a_file_that_is_larger_than_any_checkpoint(copied):
    (newest,) = copied.path.glob("checkpoints/*90.data*")
    os.truncate(newest, 1 << 40)  # a hole, which takes no space
    lines: list[str] = []
    with network.load(copied, report=lines.append):
        assert "is larger than 64 GiB" in lines[0]


def test_one_that_is_removed_while_it_is_read(copied, monkeypatch):
    find_newest, removed = checkpoints.newest, []

    def newest(*arguments):
        found = find_newest(*arguments)
        if not removed:
            removed.append(found)
            for path in found.prefix.parent.glob(f"{found.prefix.name}*"):
                path.unlink()
        return found

    monkeypatch.setattr(checkpoints, "newest", newest)
    with network.load(copied) as net:
        assert net.step < 90
        net.answer(TEST)


def test_a_run_without_a_record(copied):
    (copied.path / "run.json").write_text("{")
    (again,) = listing.find(copied.path.parents[1])
    assert "(damaged) has no record" in refused(again)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"network": {"predictions": "readout/add:0"}}, "does not say one class of each image"),
        ({"network": {"predictions": "dropout/stack:0"}}, "does not say one class of each image"),
        ({"network": {"predictions": "input/labels:0"}}, "needs 'input/labels' to be fed"),
        ({"network": {"predictions": "lost:0"}}, "lacks the node 'lost'"),
        ({"network": {"predictions": "lost\x1b[2J\n"}}, "lacks the node"),
        ({"network": {"predictions": "accuracy/ArgMax:7"}}, "cannot be rebuilt"),
        ({"network": {"images": "lost:0"}}, "needs 'input/images' to be fed"),
        ({"network": {"probabilities": "accuracy/ArgMax:0"}}, "to which it gives no probability"),
        ({"data": {"image_shape": [4, 5]}}, "cannot be rebuilt"),
        ({"data": {"image_shape": [0, 4]}}, "says that its images have 0 pixels"),
        ({"data": {"image_shape": [2**60, 2**60]}}, "says that its images have"),
    ],
)
def test_records_that_make_no_sense(copied, changes, said):
    assert said in refused(change_record(copied, **changes))


def test_a_graph_that_would_read_files(copied):
    graph_def = read_run_graph(copied.path)
    for node in graph_def.node:
        if node.name == "normalize/truediv":
            node.op = "ReadFile"
    write_graph(copied, graph_def)
    assert "needs the operation 'ReadFile'" in refused(copied)


def test_a_graph_that_fails_when_it_is_run(copied):
    graph_def = read_run_graph(copied.path)
    for node in graph_def.node:
        if node.name == "accuracy/ArgMax":
            node.input[1] = "accuracy/axis"
    axis = graph_def.node.add(name="accuracy/axis", op="Cast", input=["train/global_step/Read"])
    axis.attr["SrcT"].type, axis.attr["DstT"].type = 9, 3
    read = graph_def.node.add(
        name="train/global_step/Read", op="ReadVariableOp", input=["train/global_step"]
    )
    read.attr["dtype"].type = 9
    write_graph(copied, graph_def)  # the axis is 90, which is seen when it is computed
    assert refused(copied)


def test_images_of_another_size(logdir):
    assert "takes images of 16 pixels" in refused(
        find(logdir, "softmax"), np.zeros((2, 784), np.uint8)
    )


def test_a_network_that_is_too_large_for_many_images(logdir, monkeypatch):
    run = find(logdir, "hidden_layer")
    monkeypatch.setattr(operations, "_MOST_BYTES", 200_000)
    with network.load(run) as net:
        check_answers(run, net)
        assert net.batch == 100
    monkeypatch.setattr(operations, "_MOST_BYTES", 100)
    assert "GiB" in refused(run)
