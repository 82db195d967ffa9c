from __future__ import annotations

import json
import shutil
import urllib.request

import numpy as np
import pytest

from helper import tf
from helper.recording.run_writer import RunWriter
from helper.runs import directory, events
from helper.runs.record import Data, Record, Seconds, Status, result_tag
from tests.command_line import record
from tests.tensorboard_server import Server, serving

TAGS = {"loss", "two-class/log likelihood", "accuracy"}
DESCRIBED = {f"two-class/{name}" for name in ("base rate", "precision", "recall", "F1")}
ENTRIES = ("train", "test")
STATUSES = ["STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING", "STATUS_UNKNOWN"]


@pytest.fixture
def made_runs(call_experiment, idx_directory, tmp_path):
    """Two runs side by side: logistic, whose tags have spaces, and with another learning rate."""
    for arguments in ([], ["--learning_rate=0.5"]):
        done = call_experiment(
            "logistic",
            f"--data_dir={idx_directory}",
            "--batch_size=20",
            "--steps=2500",
            "--log_every=1",
            "--eval_every=500",
            "--logdir=logs",
            *arguments,
        )
        assert done.code == 0
    return sorted((tmp_path / "logs" / "logistic").iterdir())


def everything(server: Server) -> dict:
    """All scalars that TensorBoard shows, by run and tag."""
    tags = server.get("plugin/scalars/tags")
    return {
        run: {tag: server.scalars(run, tag) for tag in found}
        for run, found in tags.items()
        if found
    }


def complete(server: Server) -> bool:
    """Whether all event files were read to the end."""
    names = {name.rpartition("/")[0] for name in server.get("runs")}
    tags = server.get("plugin/scalars/tags")
    return len(names) == 2 and all(
        any(tag.startswith("results/") for tag in tags.get(f"{name}/test", ()))
        and len(server.scalars(f"{name}/train", "loss")) == 2501
        for name in names
    )


def test_tensorboard_shows_what_was_written(made_runs):
    """Over HTTP, by both of its loaders, and the same by both."""
    logdir = made_runs[0].parents[1]
    with serving(logdir, fast=True) as fast, serving(logdir, fast=False) as slow:
        for server in (fast, slow):
            server.until(complete)
        shown, by_python = everything(fast), everything(slow)
        assert shown == by_python
        for server in (fast, slow):
            entries = [f"logistic/{run.name}/{split}" for run in made_runs for split in ENTRIES]
            assert sorted(server.get("runs")) == sorted(entries)
        for run in made_runs:
            check_scalars(run, shown)
            for server in (fast, slow):
                check_graph(server, f"logistic/{run.name}/train")
                check_text(server, f"logistic/{run.name}/test", record(run))
        check_hparams(fast, made_runs)
        check_hparams(slow, made_runs)


def check_scalars(run, shown) -> None:
    name = f"logistic/{run.name}"
    found = record(run)
    results = {
        **{result_tag("best", tag[5:]): best["value"] for tag, best in found["best"].items()},
        **{
            result_tag("train", tag.removeprefix("train/")): value
            for tag, value in found["final"].items()
            if tag.startswith("train/")
        },
    }
    assert {"results/best accuracy", "results/two-class/best F1"} <= set(results)
    assert set(shown[f"{name}/train"]) == TAGS
    assert set(shown[f"{name}/test"]) == TAGS | DESCRIBED | set(results)
    for tag, value in results.items():
        assert shown[f"{name}/test"][tag] == [(2500, pytest.approx(value))]
    for split in ENTRIES:
        curves = events.read_scalars(run / split)
        for tag in TAGS:
            points = shown[f"{name}/{split}"][tag]
            assert [step for step, _ in points] == curves[tag].step.tolist()
            assert [value for _, value in points] == curves[tag].value.tolist()
    evaluated = [step for step, _ in shown[f"{name}/test"]["accuracy"]]
    assert evaluated == [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 1500, 2000, 2500]


def check_graph(server: Server, name: str) -> None:
    assert server.get("plugin/graphs/info")[name]["run_graph"]
    address = f"{server.address}/data/plugin/graphs/graph?run={name}"
    with urllib.request.urlopen(address) as response:
        graph = response.read().decode()
    assert 'name: "readout/weight"' in graph and 'name: "train/' in graph
    assert "fused_steps" not in graph and len(graph) < 1_000_000
    assert graph.count("_output_shapes") > 100  # a shape on every edge


def check_text(server: Server, name: str, found: dict) -> None:
    assert sorted(server.get("plugin/text/tags")[name]) == ["results/confusion table", "run"]
    (table,) = server.get("plugin/text/text", run=name, tag="results/confusion table")
    assert table["step"] == 2500 and "predicted" in table["text"]
    (shown,) = server.get("plugin/text/text", run=name, tag="run")
    for words in ("learning_rate", found["versions"]["tensorflow"], found["data"]["sha256"]):
        assert words in shown["text"]
    assert found["commit"] is None or found["commit"] in shown["text"]
    assert "<table>" in shown["text"] and "None" not in shown["text"]


def check_hparams(server: Server, made) -> None:
    asked = {"experimentName": "", "hparamsLimit": 100, "includeMetrics": True}
    experiment = server.post("plugin/hparams/experiment", asked)
    columns = [info["name"] for info in experiment["hparamInfos"]]
    assert columns[0] == "learning_rate"  # what differs
    assert {"data_dir", "logdir", "keep", "epochs", "run_name"}.isdisjoint(columns)
    assert "· digit" in columns and "experiment" in columns
    metrics = [info["name"] for info in experiment["metricInfos"]]
    assert metrics[:2] == [{"group": "", "tag": "accuracy"}, {"group": "", "tag": "loss"}]
    # Parallel coordinates draw what has the first five: these are common to all experiments.
    names = ["best accuracy", "best loss", "train accuracy"]
    assert [metric["tag"] for metric in metrics[2:5]] == [f"results/{name}" for name in names]
    request = {"experimentName": "", "allowedStatuses": STATUSES, "startIndex": 0, "sliceSize": 10}
    request["colParams"] = [
        {"metric": {"group": "", "tag": "accuracy"}, "includeInResult": True},
        {"hparam": "learning_rate", "includeInResult": True},
    ]
    groups = server.post("plugin/hparams/session_groups", request)["sessionGroups"]
    assert {group["hparams"]["learning_rate"] for group in groups} == {0.1, 0.5}
    assert {group["name"] for group in groups} == {f"logistic/{run.name}" for run in made}
    for group in groups:
        (session,) = group["sessions"]
        assert session["status"] == "STATUS_SUCCESS"
        (run,) = [run for run in made if session["name"] == f"logistic/{run.name}/test"]
        values = {m["name"]["tag"]: m["value"] for m in group["metricValues"]}
        assert values["accuracy"] == pytest.approx(record(run)["final"]["test/accuracy"])


@pytest.mark.parametrize("fast", [True, False])
def test_a_resumed_run_shows_its_new_settings(call_experiment, idx_directory, tmp_path, fast):
    common = (f"--data_dir={idx_directory}", "--batch_size=20", "--eval_every=50", "--logdir=logs")
    call_experiment("softmax", *common, "--steps=100", "--note=at first")
    call_experiment("softmax", "--resume=latest", "--steps=150", "--note=longer")
    with serving(tmp_path / "logs", fast) as server:
        server.until(lambda server: len(server.get("runs")) == 2)
        (name,) = (name for name in server.get("runs") if name.endswith("/test"))
        server.until(lambda server: len(server.scalars(name, "accuracy")) == 9)
        request = {"experimentName": "", "allowedStatuses": STATUSES, "sliceSize": 10}
        (group,) = server.post("plugin/hparams/session_groups", request)["sessionGroups"]
        assert group["hparams"]["steps"] == 150
        assert [s["status"] for s in group["sessions"]] == ["STATUS_SUCCESS"]
        (page,) = server.get("plugin/text/text", run=name, tag="run")
        assert "<code>longer</code>" in page["text"] and "<code>at first" not in page["text"]
        (table,) = server.get("plugin/text/text", run=name, tag="results/confusion table")
        assert table["step"] == 150
        assert [step for step, _ in server.scalars(name, "results/best accuracy")] == [150]


@pytest.fixture
def new_recording(tmp_path):
    flags = {"steps": 100, "layers": [3, 2], "data_dir": None, "normalize": True}
    first = Record(
        "softmax",
        "",
        argv=["softmax.py"],
        flags=dict(flags),
        data=Data("tiny", "00"),
        started=directory.now(),
        lower_is_better={"loss": True, "accuracy": False, "error": True, "base rate": None},
    )
    run = directory.create(tmp_path, "", first)
    return RunWriter(run, "--steps=100\n", tf.GraphDef()), run.path


def test_best_values(new_recording):
    written, path = new_recording
    accuracies = [0.1, 0.8, 0.7, 0.8]
    losses = [2.3, 0.5, 0.4, 0.6]
    new = [
        written.evaluation("test", step, {"loss": loss, "accuracy": accuracy})
        for step, (loss, accuracy) in enumerate(zip(losses, accuracies, strict=True))
    ]
    assert new == [True, True, False, False]  # the first of two that are equal stays
    written.save_record()
    assert record(path)["best"] == {
        "test/loss": {"value": 0.4, "step": 2},
        "test/accuracy": {"value": 0.8, "step": 1},
    }


@pytest.mark.parametrize("status", ["completed", "interrupted", "diverged", "failed"])
def test_end_of_a_run(new_recording, status):
    written, path = new_recording
    assert record(path)["status"] == "running" and directory.is_locked(path)
    written.close(Status(status), 40, {"test/accuracy": 0.5}, Seconds(2.0, 1.5))
    found = record(path)
    assert (found["status"], found["step"], found["final"]) == (status, 40, {"test/accuracy": 0.5})
    assert found["steps_per_second"] == 20 and found["seconds_in_steps"] == 1.5
    assert found["ended"] >= found["started"]
    assert not directory.is_locked(path)
    assert (path / "flags.txt").read_text() == "--steps=100\n"


def test_a_run_that_was_interrupted_before_its_first_step(new_recording):
    written, path = new_recording
    written.close(Status.INTERRUPTED, 0, {}, Seconds())
    assert record(path)["steps_per_second"] == 0


def test_faults_are_told_once_and_counted(new_recording):
    written, path = new_recording
    shutil.rmtree(path)
    # What is noted is told by who notes it, and does not hide what a writer has to tell.
    assert written.note_fault("other", "another")
    told = []
    for step in range(5):
        written.evaluation("test", step, {"accuracy": 0.5})
        told.append(written.flush())
        written.save_record()
    assert "was removed" in told[0] and told[1:] == [None] * 4
    written.save_predictions(np.zeros(3), np.zeros(3))
    assert written.note_fault("checkpoint", "one") and not written.note_fault("checkpoint", "two")
    faults = written.faults
    gone = "the run directory was removed or replaced"
    assert f"{path / 'run.json'}: {gone} (and 4 more)" in faults
    assert f"{path / 'predictions.npz'}: {gone}" in faults
    assert "one (and 1 more)" in faults
    assert len(faults) == 6  # and the event files of its train and of its test directory
    assert not any("\n" in fault for fault in faults)


def test_a_best_is_claimed_only_where_a_direction_is_declared(new_recording):
    written, path = new_recording
    for step, value in enumerate([0.5, 0.75, 0.25, float("nan")]):
        written.evaluation("test", step, {name: value for name in ("error", "base rate", "luck")})
    written.save_record()
    assert record(path)["best"] == {"test/error": {"value": 0.25, "step": 2}}


@pytest.mark.parametrize(("name", "score"), [("accuracy", 0.75), ("loss", -0.25)])
def test_a_higher_score_is_the_better_one(new_recording, name, score):
    written, _ = new_recording
    written._run.record.select_by = name
    assert written.score({"loss": 0.25, "accuracy": 0.75}) == score


def test_record_is_json_that_any_reader_takes(new_recording):
    written, path = new_recording
    written.evaluation("test", 0, {"accuracy": np.float64(0.5)})
    written.save_record()
    json.loads((path / "run.json").read_text(), parse_constant=pytest.fail)
