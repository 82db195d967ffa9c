"""The five changes of docs/extending.md, applied as they are printed there."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.compat.proto.event_pb2 import Event

from helper.data import registry
from helper.files import PROJECT_ROOT
from helper.runs import event_files, record
from helper.runs.tfrecords import read_payloads
from tests import command_line, experiment_modules
from tests.data_files import gzipped_replies, serve, small_arrays

TEXT = (PROJECT_ROOT / "docs" / "extending.md").read_text()
(NEW_FILE,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
CHANGES = re.findall(r"```diff\n--- a/(\S+)\n\+\+\+ b/\S+\n(.*?)```", TEXT, re.DOTALL)
METRIC, HISTOGRAM, DATA_SET, OPTIMIZER = CHANGES


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """A copy of the files that are changed; experiments are loaded from it."""
    copy = tmp_path / "project"
    shutil.copytree(PROJECT_ROOT / "experiments", copy / "experiments")
    (copy / "helper" / "data").mkdir(parents=True)
    shutil.copy(PROJECT_ROOT / DATA_SET[0], copy / DATA_SET[0])
    monkeypatch.setattr(experiment_modules, "EXPERIMENTS", copy / "experiments")
    return copy


def apply(project: Path, change: tuple[str, str]) -> str:
    """The changed text. Every line of the change that is not new must be in the file, in order."""
    file, diff = change
    lines = diff.splitlines()
    before = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("+"))
    text = (project / file).read_text()
    assert text.count(before) == 1, f"docs/extending.md does not fit {file}"
    text = text.replace(before, "".join(f"{line[1:]}\n" for line in lines))
    (project / file).write_text(text)
    return text


def values(directory: Path) -> dict[str, str]:
    """The kind of value that each tag in a directory's event files has."""
    found = {}
    for file in event_files.find(directory):
        for payload in read_payloads(file, pytest.fail):
            for value in Event.FromString(payload or b"").summary.value:
                found[value.tag] = value.WhichOneof("value")
    return found


def trained(call_experiment: Any, name: str, *arguments: str) -> Path:
    done = call_experiment(name, "--steps=20", "--eval_every=10", "--batch_size=10", *arguments)
    assert done.code == 0, done.stderr
    return command_line.only_run(Path("logs"))


def test_a_new_experiment_is_one_file(project, call_experiment, idx_directory):
    (project / "experiments" / "autoencoder.py").write_text(NEW_FILE)
    run = trained(call_experiment, "autoencoder", f"--data_dir={idx_directory}", "--units=3")
    found = record.load(run)
    assert found.parameters["code/weight"] == [30, 3]
    assert found.select_by == "loss" and set(found.best) == {"test/loss", "test/rmse"}
    assert found.best["test/loss"].value < dict(command_line.curve(run, "test", "loss"))[0]
    assert values(run / "test")["picture/drawn/image/0"] == "image"
    done = call_experiment("autoencoder", "--resume=latest", "--steps=30")
    assert done.code == 0 and record.load(run).step == 30


def test_a_new_metric_is_one_line(project, call_experiment, idx_directory):
    apply(project, METRIC)
    run = trained(call_experiment, "softmax", f"--data_dir={idx_directory}")
    found = record.load(run)
    assert found.lower_is_better["confidence"] is False
    confidence = [value for _, value in command_line.curve(run, "test", "confidence")]
    assert confidence[0] == pytest.approx(0.1)  # zero weights give every class the same
    assert found.best["test/confidence"].value == pytest.approx(max(confidence))


def test_a_histogram_is_one_line(project, call_experiment, idx_directory):
    apply(project, HISTOGRAM)
    run = trained(call_experiment, "softmax", f"--data_dir={idx_directory}")
    assert values(run / "test")["readout/logits"] == "histo"


@pytest.fixture
def served(monkeypatch, tmp_path) -> Iterator[str]:
    """The address of a server on this machine that has the data set of the example."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GRAPH_LAB_CACHE", str(tmp_path / "cache"))
    with serve() as server:
        server.replies.update(gzipped_replies(small_arrays(classes=5)))
        yield server.url


def test_a_new_data_set_is_one_entry(project, call_experiment, monkeypatch, served):
    changed: dict[str, Any] = {"__name__": "helper.data.registry"}
    exec(compile(apply(project, DATA_SET), DATA_SET[0], "exec"), vars(registry) | changed, changed)
    entry = changed["DATASETS"]["my_digits"]
    files = tuple(registry.IdxFile(*file) for file in entry.files)
    entry = registry.Entry(files=files, mirrors=(served,))
    monkeypatch.setitem(registry.DATASETS, "my_digits", entry)
    run = trained(call_experiment, "softmax", "--dataset=my_digits")
    data = record.load(run).data
    assert data and (data.name, data.train, data.image_shape) == ("my_digits", 20, (4, 4))


def test_a_new_optimizer_is_one_line(project, call_experiment, idx_directory):
    apply(project, OPTIMIZER)
    run = trained(
        call_experiment, "mlp", f"--data_dir={idx_directory}", "--layers=4", "--optimizer=ftrl"
    )
    found = record.load(run)
    assert found.flags["optimizer"] == "ftrl" and found.flags["learning_rate"] == 0.05
    assert np.isfinite(found.final["test/loss"])
