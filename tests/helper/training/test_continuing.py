"""What a run is compared with before it goes on, and the scores of what it saved."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tensorboard.compat.proto.event_pb2 import Event

from helper.files import PROJECT_ROOT
from helper.runs import event_files, events, listing
from helper.runs.tfrecords import read_payloads
from tests import command_line, experiment_modules
from tests.command_line import check_refused
from tests.made_runs import scalar, write_events

FLAGS = ("--batch_size=10", "--eval_every=10")


@pytest.fixture
def experiment(tmp_path, monkeypatch) -> Path:
    """A copy of the softmax experiment, which a test may edit."""
    copy = tmp_path / "experiments" / "softmax.py"
    copy.parent.mkdir()
    shutil.copy(PROJECT_ROOT / "experiments" / "softmax.py", copy)
    monkeypatch.setattr(experiment_modules, "EXPERIMENTS", copy.parent)
    return copy


@pytest.fixture
def run(experiment, call_experiment, idx_directory) -> Path:
    done = call_experiment("softmax", f"--data_dir={idx_directory}", "--steps=20", *FLAGS)
    assert done.code == 0, done.stderr
    return command_line.only_run(Path("logs"))


def edit(experiment: Path, before: str, after: str) -> None:
    text = experiment.read_text()
    assert text.count(before) == 1
    experiment.write_text(text.replace(before, after))


def contents(run: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}


def make_format_1(run: Path) -> None:
    record = json.loads((run / "run.json").read_text())
    for name in ("graph_sha256", "network", "lower_is_better", "select_by"):
        del record[name]
    (run / "run.json").write_text(json.dumps(record | {"format": 1}))


@pytest.mark.parametrize("older", [False, True])
@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ("/ 255.0", "/ 2.0", "normalize/truediv/y"),
        (
            "tf.reduce_mean(\n            tf.nn.sparse",
            "tf.reduce_sum(\n            tf.nn.sparse",
            "loss",
        ),
        ("logits = tf.matmul(x, W) + b", "logits = tf.matmul(x, W) - b", "readout/add"),
    ],
)
def test_a_changed_graph_is_refused_before_anything_is_written(
    run, experiment, call_experiment, older, before, after, named
):
    if older:
        make_format_1(run)
    left = contents(run)
    edit(experiment, before, after)
    done = call_experiment("softmax", "--resume=latest", "--steps=40")
    said = "graph has changed", named, "undo the change, or start a new run"
    check_refused(done, 2, *said, announced=True)
    assert contents(run) == left


@pytest.mark.parametrize("older", [False, True])
def test_what_decides_nothing_may_change(run, experiment, call_experiment, older):
    """A comment, and a summary, which the training does not compute."""
    if older:
        make_format_1(run)
    line = "        probabilities = tf.nn.softmax(logits)\n"
    edit(experiment, line, f'{line}        tf.summary.histogram("logits", logits)  # new\n')
    done = call_experiment("softmax", "--resume=latest", "--steps=40")
    assert done.code == 0, done.stderr
    record = command_line.record(run)
    assert record["step"] == 40 and record["format"] == 2 and record["graph_sha256"]
    assert record["lower_is_better"] == {"loss": True, "accuracy": False}


def test_the_last_step_has_its_score(call_experiment, idx_directory):
    """Also where no evaluation falls on it; more is better, so a loss counts negatively."""
    data = f"--data_dir={idx_directory}"
    for metric, sign in (("accuracy", 1), ("loss", -1)):
        select = (f"--select_by={metric}", f"--logdir={metric}")
        done = call_experiment("softmax", data, "--steps=25", *FLAGS, *select)
        assert done.code == 0, done.stderr
        run = command_line.only_run(Path(metric))
        final = command_line.record(run)["final"][f"test/{metric}"]
        saved = json.loads((run / "checkpoints" / "step-0000000025.json").read_text())
        assert saved["score"] == sign * final


def test_a_run_in_the_form_of_an_earlier_version(run, call_experiment):
    """Its graph and settings are in its own directory, which gives it a third entry."""
    found = json.loads((run / "run.json").read_text())
    del found["early_evaluations"], found["changed_files"]
    (run / "run.json").write_text(json.dumps(found))
    graph = events.read_graph(run / "train")
    for split in ("train", "test"):
        kept = [
            event
            for file in event_files.find(run / split)
            for event in map(events.decode, read_payloads(file, pytest.fail))
            if event and not event.graph_def and event.step not in (1, 2, 5)
        ]
        shutil.rmtree(run / split)
        write_events(run / split, *(e for e in kept if "hparams" not in str(e)))
    made = Event(graph_def=graph.SerializeToString())
    write_events(run, made, scalar(0, {"best/test/accuracy": 0.5}), scalar(20, {"final/x": 1.0}))
    (listed,) = listing.find(run.parents[1])
    assert events.read_run_graph(run) == graph and "test/accuracy" in listed.curves()

    done = call_experiment("softmax", "--resume=latest", "--steps=40")
    assert done.code == 0 and "lack" not in done.stderr
    assert event_files.find(run) == [] and events.read_graph(run / "train") == graph
    curve = events.read_scalars(run / "test")["accuracy"]
    assert curve.step.tolist() == [0, 10, 20, 30, 40]
    tags = [
        value.tag
        for file in event_files.find(run / "test")
        for event in map(events.decode, read_payloads(file, pytest.fail))
        for value in event.summary.value
    ]
    assert tags.count("_hparams_/session_start_info") == 1
    assert "early_evaluations" in json.loads((run / "run.json").read_text())
