"""What serve_run.py prints and writes for a tiny run."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest

from helper.data import datasets
from helper.exporting import checking
from helper.saving.network import Answers
from scripts import serve_run
from tests import command_line, experiment_modules


@pytest.fixture(scope="module")
def trained(tmp_path_factory, idx_directory) -> Path:
    logdir = tmp_path_factory.mktemp("logs")
    data = datasets.load("mnist", str(idx_directory))
    arguments = ["--steps=20", "--batch_size=10", f"--logdir={logdir}"]
    with pytest.MonkeyPatch.context() as monkeypatch:
        arguments.append(f"--data_dir={idx_directory}")
        assert experiment_modules.run(monkeypatch, data, "softmax", *arguments) == 0
    return command_line.only_run(logdir)


@pytest.fixture
def made(trained, tmp_path, monkeypatch) -> Path:
    """A copy of the run. The exports of these tests are believed, which saves a process each."""
    copy = tmp_path / "logs" / "softmax" / "0001-a,b"
    shutil.copytree(trained, copy)

    def check(name: str, path: Path, images: np.ndarray, expected: Answers, *_: object):
        return checking.Checked(expected.predictions, np.zeros(0, np.int64), 0.0, None)

    monkeypatch.setattr(checking, "check", check)
    return copy


def serve(run: Path, *arguments: object) -> command_line.Finished:
    return command_line.script(serve_run.main, run, *arguments)


def test_exports_and_prints_the_commands(made, idx_directory):
    done = serve(made, "--port=9000")
    assert (done.code, done.stderr) == (0, "")
    docker, curl = (shlex.split(line) for line in done.stdout.splitlines() if line[:2] == "  ")
    assert docker[:2] == ["docker", "run"] and "127.0.0.1:9000:8501" in docker
    assert f'"source={made}/export/saved_model"' in docker[docker.index("--mount") + 1]
    assert curl[-1] == "http://localhost:9000/v1/models/softmax:predict"
    request = json.loads(Path(curl[2].removeprefix("@")).read_text())
    images = datasets.load("mnist", str(idx_directory)).test.images
    assert request["instances"] == images[:1].reshape(1, 6, 5).tolist()


def test_uses_the_export_that_is_there(made):
    assert serve(made).code == 0
    before = (made / "export" / "saved_model" / "saved_model.pb").stat()
    done = serve(made)
    assert (done.code, done.stderr) == (0, "") and "exported" not in done.stdout
    assert (made / "export" / "saved_model" / "saved_model.pb").stat() == before
    assert "export_best/saved_model" in serve(made, "--best").stdout


def test_an_export_of_another_step(made):
    assert serve(made).code == 0
    (made / "run.json").write_text(json.dumps(command_line.record(made) | {"saved_step": 30}))
    done = serve(made)
    assert done.code == 0 and done.stderr.startswith("note: the export is of another step")
    assert "--replace" in done.stderr and done.stderr.count("\n") == 1


def test_an_export_without_a_saved_model(made):
    (made / "export").mkdir()
    (made / "export" / "export.json").write_text('{"export_version": 1, "formats": {"onnx": {}}}')
    command_line.check_refused(serve(made), 2, "has no SavedModel", "export_run.py")


@pytest.mark.parametrize("what", ["file", "directory", "link"])
def test_what_is_not_an_export(made, what):
    target = made / "export"
    if what == "file":
        target.touch()
    elif what == "directory":
        target.mkdir()
    else:
        target.symlink_to("nowhere")
    command_line.check_refused(serve(made), 1, "is not an export")


@pytest.mark.parametrize("port", ["0", "65536", "x"])
def test_no_such_port(made, port):
    command_line.check_refused(serve(made, f"--port={port}"), 2, "--port")
