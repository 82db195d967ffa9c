"""Networks of tiny runs, exported and loaded again by their own runtimes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

from helper.data import datasets
from helper.errors import LabError
from helper.exporting import checking, formats
from scripts import export_run
from tests import command_line, experiment_modules, small_disk

RUNS = {
    "mlp": ["--layers=9,8", "--activation=relu", "--dropout=0.4", "--optimizer=adam"],
    "softmax": ["--learning_rate=0.5"],
    "hidden_layer": ["--hidden_units=7"],
    "logistic": ["--digit=3"],
    "edges": ["--strength"],
}
SIGMOID = ["--layers=9", "--output=sigmoid", "--dropout=0.2", "--xla"]
ALL = ",".join(formats.NAMES)


def train(logdir, idx_directory, experiment, *arguments) -> Path:
    data = datasets.load("mnist", str(idx_directory))
    more = ["--steps=60", "--batch_size=10", "--eval_every=20", f"--logdir={logdir}"]
    with pytest.MonkeyPatch.context() as monkeypatch:
        more.append(f"--data_dir={idx_directory}")
        assert experiment_modules.run(monkeypatch, data, experiment, *arguments, *more) == 0
    return max(logdir.glob(f"{experiment}/*"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory, idx_directory) -> Path:
    return train(tmp_path_factory.mktemp("logs"), idx_directory, "mlp", *RUNS["mlp"])


@pytest.fixture
def made(trained, tmp_path) -> Path:
    """A copy of the run, which a test may change."""
    copy = tmp_path / "logs" / "mlp" / "0001-x"
    shutil.copytree(trained, copy)
    return copy


def export(run: Path, *arguments: object) -> command_line.Finished:
    return command_line.script(export_run.main, run, *arguments)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def metadata(target: Path) -> dict:
    return json.loads((target / "export.json").read_text())


def check_nothing_left(run: Path) -> None:
    assert not [name for name in names(run) if "export" in name]


def test_onnx(made):
    done = export(made, "--to=onnx")
    assert (done.code, done.stderr) == (0, ""), done.stderr
    assert "answered all 50 test images:\nthe classes are those of predictions.npz" in done.stdout
    assert done.stdout.endswith(f"{made.name}/export\n")  # from here, or from the root
    assert names(made / "export") == {"model.onnx", "export.json"}
    check_nothing_left_but_the_export(made)
    about, record = metadata(made / "export"), command_line.record(made)
    assert about["step"] == 60 and about["settings"]["dropout"] == 0.4
    assert about["data_sha256"] == record["data"]["sha256"]
    assert about["commit"] == record["commit"]
    assert about["test_accuracy"] == pytest.approx(record["final"]["test/accuracy"])
    assert about["inputs"] == {"images": "uint8 [batch, 6, 5], 0 to 255"}
    assert not {"logdir", "data_dir", "note"} & about["settings"].keys()
    model = onnx.load(made / "export" / "model.onnx")
    inside = {item.key: item.value for item in model.metadata_props}
    assert inside.keys() == about.keys() - {"formats"}
    assert json.loads(inside["settings"]) == about["settings"]
    assert [given.name for given in model.graph.input] == ["images"]
    assert [given.name for given in model.graph.output] == ["classes", "probabilities"]


def check_nothing_left_but_the_export(run: Path) -> None:
    assert [name for name in names(run) if "export" in name or "partial" in name] == ["export"]


def test_the_best_checkpoint_has_an_export_of_its_own(made):
    done = export(made, "--to=onnx", "--best", "--benchmark")
    assert done.code == 0, done.stderr
    about, best = metadata(made / "export_best"), command_line.record(made)["best"]
    assert about["checkpoint"] == "best" and about["step"] == best["test/accuracy"]["step"]
    assert about["test_accuracy"] == pytest.approx(best["test/accuracy"]["value"])
    session, row = (line.split() for line in done.stdout.splitlines() if "%" in line)
    assert session[0] == "session" and row[0] == "onnx" and len(row) == 8
    assert all(float(cell.replace(",", "")) > 0 for cell in (*session[-2:], *row[-2:]))


def test_a_run_that_is_not_finished_is_compared_with_its_session(made):
    record = command_line.record(made) | {"status": "interrupted"}
    (made / "run.json").write_text(json.dumps(record))
    (made / "predictions.npz").unlink()
    done = export(made, "--to=onnx")
    assert done.code == 0 and "the classes are those of the session" in done.stdout


def test_a_network_without_probabilities(made):
    record = command_line.record(made)
    record["network"]["probabilities"] = None
    (made / "run.json").write_text(json.dumps(record))
    done = export(made, "--to=onnx")
    assert done.code == 0 and "probabilities" not in done.stdout
    assert metadata(made / "export")["outputs"] == {"classes": "int64 [batch]"}


def test_other_predictions_than_the_run_wrote(made):
    with np.load(made / "predictions.npz") as arrays:
        changed = {**arrays, "predicted": (arrays["predicted"] + 1) % 10}
    np.savez(made / "predictions.npz", **changed)
    done = export(made, "--to=onnx")
    assert done.code == 1 and "the session itself gives other classes" in done.stderr
    check_nothing_left(made)


def test_an_export_is_replaced_only_when_told(made):
    assert export(made, "--to=onnx").code == 0
    (made / "export" / "old").touch()
    done = export(made, "--to=onnx")
    assert done.code == 2 and "--replace" in done.stderr and (made / "export" / "old").exists()
    assert export(made, "--to=onnx", "--replace").code == 0
    assert names(made / "export") == {"model.onnx", "export.json"}
    check_nothing_left_but_the_export(made)


@pytest.mark.parametrize("what", ["file", "directory", "link", "below a file"])
def test_what_is_not_an_export_is_left_alone(made, tmp_path, what):
    target = tmp_path / "there"
    if what == "directory":
        target.mkdir()
    elif what == "link":
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "elsewhere" / "export.json").write_text('{"export_version": 1, "formats": {}}')
        target.symlink_to(tmp_path / "elsewhere")
    else:
        target.write_text("mine")
    before = names(tmp_path)
    place = target / "x" if what == "below a file" else target
    done = export(made, "--to=onnx", "--replace", "--out", place)
    command_line.check_refused(done, 2, str(target))
    assert names(tmp_path) == before


def test_answers_that_differ_are_printed_and_nothing_is_left(made, monkeypatch):
    check = checking.check

    def wrong(name, *arguments):
        found = check(name, *arguments)
        return found._replace(classes=(found.classes + 1) % 10, differ=np.arange(50))

    monkeypatch.setattr(checking, "check", wrong)
    done = export(made, "--to=onnx")
    assert done.code == 1 and done.stdout == ""
    first, last = done.stderr.splitlines()
    assert first.startswith("error: onnx: 50 of 50 classes differ from those of predictions.npz (")
    assert "test 0 is a" in first and last == "error: nothing was exported"
    check_nothing_left(made)


def test_probabilities_beyond_the_bound(made):
    done = export(made, "--to=onnx", "--bound=0")
    # On some machine the two may be equal.
    if done.code:
        assert "a probability differs by" in done.stderr and "--bound" in done.stderr
        check_nothing_left(made)


def test_one_format_that_fails(made, monkeypatch):
    def check(name, path, *arguments):
        raise LabError("its runtime fails")

    monkeypatch.setattr(checking, "check", check)
    done = export(made, "--to=onnx,frozen", "--out", made / "mine")
    assert done.stderr.splitlines() == [
        "error: onnx: its runtime fails",
        "error: frozen: its runtime fails",
        "error: nothing was exported",
    ]
    monkeypatch.undo()
    assert formats.without(["tflite", formats.INT8, "onnx"], ["onnx"]) == "--to=tflite --quantize"


@pytest.mark.parametrize("number", [(), (15,)])
def test_interrupted(made, monkeypatch, number):
    def check(*_):
        raise KeyboardInterrupt(*number)

    monkeypatch.setattr(checking, "check", check)
    monkeypatch.setattr(export_run, "sigterm_interrupts", lambda: None)
    done = export(made, "--to=onnx,tflite")
    assert (done.code, done.stdout, done.stderr) == (143 if number else 130, "", "")
    check_nothing_left(made)


def test_a_full_disk(made, tmp_path):
    with small_disk.mounted(tmp_path / "disk", 1) as disk:
        (disk / "filler").write_bytes(bytes((1 << 20) - 8192))
        done = export(made, "--to=onnx", "--out", disk / "export")
        assert done.code == 1 and "No space left on device" in done.stderr
        assert done.stderr.count("\n") == 1 and names(disk) == {"filler"}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--to=onnx,coreml"], 2, "'coreml' is not a format; known are saved_model"),
        (["--to="], 2, "'' is not a format"),
        (["--to=onnx", "--quantize"], 2, "add tflite to --to"),
        (["--bound=nan"], 2, "--bound"),
        (["--data_dir=missing"], 1, "missing"),
        (["--out=no/such/place"], 2, "there is no directory no/such"),
    ],
)
def test_mistakes(made, arguments, code, said):
    command_line.check_refused(export(made, *arguments), code, said)
    check_nothing_left(made)


def test_without_the_extra(made, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    command_line.check_refused(export(made, "--to=onnx"), 1, "pip install -e '.[export]'")


@pytest.mark.slow
@pytest.mark.parametrize("experiment", [*RUNS, "sigmoid"])
def test_every_format_of_every_experiment(tmp_path, idx_directory, experiment):
    flags = ("mlp", *SIGMOID) if experiment == "sigmoid" else (experiment, *RUNS[experiment])
    run = train(tmp_path, idx_directory, *flags)
    done = export(run, f"--to={ALL}", "--quantize")
    assert (done.code, done.stderr) == (0, "")
    assert "tflite-int8: accuracy" in done.stdout
    target = run / "export"
    assert names(target) == {*formats.FILES.values(), "export.json"}
    results = metadata(target)["formats"]
    assert list(results) == list(formats.FILES)
    for name, found in results.items():
        assert found["classes_that_differ"] == 0 or name == formats.INT8
        assert found["greatest_difference"] <= 1e-5 or name == formats.INT8
        assert found["bytes"] > 500
    extra = json.loads((target / "saved_model" / "assets.extra" / "export.json").read_text())
    assert extra == {k: v for k, v in metadata(target).items() if k != "formats"}


@pytest.mark.slow
def test_saved_model_cli_reads_it(made):
    assert export(made).code == 0
    command = [sys.executable, "-m", "tensorflow.python.tools.saved_model_cli", "show", "--all"]
    done = subprocess.run(
        [*command, "--dir", str(made / "export" / "saved_model")], capture_output=True, text=True
    )
    assert done.returncode == 0
    assert "signature_def['serving_default']" in done.stdout
    assert "dtype: DT_UINT8\n        shape: (-1, 6, 5)" in done.stdout
    assert "outputs['classes']" in done.stdout and "outputs['probabilities']" in done.stdout
