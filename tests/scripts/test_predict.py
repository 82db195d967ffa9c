from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helper import command
from helper.data import datasets
from scripts import predict
from tests import experiment_modules
from tests.experiment_modules import small_data

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "predict.py"


@pytest.fixture(scope="module")
def logdir(tmp_path_factory):
    """A log directory with a network that knows digits, mlp/0001."""
    path = tmp_path_factory.mktemp("logs")
    arguments = ["--dataset=mnist_5k", "--layers=64", "--optimizer=adam", "--dropout=0.2"]
    with pytest.MonkeyPatch.context() as monkeypatch:
        data = datasets.load("mnist_5k")
        more = ["--steps=600", "--run_name=x", f"--logdir={path}"]
        assert experiment_modules.run(monkeypatch, data, "mlp", *arguments, *more) == 0
    return path


def say(*arguments) -> int:
    return command.run(lambda: predict.main([str(argument) for argument in arguments]))


def rows(output: str) -> list[list[str]]:
    return [line.split() for line in output.splitlines() if re.match(r" *(test|train) \d", line)]


def test_first_ten_test_digits_as_the_run_itself_answered(logdir, capsys):
    assert say("mlp/0001-x", "--logdir", logdir) == 0
    output = capsys.readouterr().out
    with np.load(logdir / "mlp" / "0001-x" / "predictions.npz") as arrays:
        predicted, label = arrays["predicted"][:10], arrays["label"][:10]
    assert [int(row[2]) for row in rows(output)] == predicted.tolist()
    assert [int(row[3]) for row in rows(output)] == label.tolist()
    assert all(0.1 <= float(row[4]) <= 1 for row in rows(output))
    assert [row[5:] == ["×"] for row in rows(output)] == (predicted != label).tolist()
    assert f"{np.sum(predicted == label)} of 10 are right" in output
    assert f"predicted: {' '.join(map(str, predicted))}" in output


@pytest.mark.parametrize("name", ["mlp/1", "1", "latest", "0001-x"])
def test_other_names_of_the_run(logdir, capsys, name):
    assert say(name, "--logdir", logdir, "--images", "0") == 0
    assert "mlp/0001-x after 600 steps" in capsys.readouterr().out


def test_data_that_was_moved(call_experiment, idx_directory, tmp_path, capfd):
    shutil.copytree(idx_directory, tmp_path / "before")
    arguments = ["--data_dir=before", "--steps=20", "--batch_size=20"]
    assert call_experiment("softmax", *arguments).code == 0
    (tmp_path / "before").rename(tmp_path / "after")
    assert say("softmax/0001-*") == 1
    assert "before" in capfd.readouterr().err
    assert say("softmax/0001-*", "--data_dir", "after") == 0
    assert len(rows(capfd.readouterr().out)) == 10


def test_any_range_with_mistakes_and_a_strip(logdir, tmp_path, capsys):
    strip = tmp_path / "strip.png"
    assert say("mlp/0001-x", "--logdir", logdir, "--images", "0-299", "--strip", strip) == 0
    found = rows(capsys.readouterr().out)
    assert len(found) == 300
    wrong = [row for row in found if row[2] != row[3]]
    assert 0 < len(wrong) < 60 and all(row[5] == "×" for row in wrong)
    colours = np.array(Image.open(strip).convert("RGB")).reshape(-1, 3)
    assert (colours == [255, 0, 0]).all(axis=1).any()  # the label of a mistake


def test_own_pictures_light_and_dark(logdir, tmp_path, capsys):
    digits = datasets.load("mnist_5k").test.images[:20].reshape(-1, 28, 28)
    files = []
    for i, digit in enumerate(digits):
        large = np.pad(digit.repeat(7, axis=0).repeat(7, axis=1), ((40, 90), (10, 130)))
        files.append(tmp_path / f"{i}.png")
        Image.fromarray(255 - large if i % 2 else large).save(files[-1])
    assert say("mlp/0001-x", *files, "--logdir", logdir) == 0
    output = capsys.readouterr().out
    (answer,) = re.findall("predicted: (.*)", output)
    right = sum(int(word) == i % 10 for i, word in enumerate(answer.split()))
    assert right >= 16
    assert "true" not in output and "are right" not in output


def test_the_best_checkpoint(logdir, capsys):
    record = json.loads((logdir / "mlp" / "0001-x" / "run.json").read_text())
    assert say("mlp/0001-x", "--logdir", logdir, "--best") == 0
    step = record["best"]["test/accuracy"]["step"]
    assert f"after {step:,} steps" in capsys.readouterr().out


def test_one_against_the_rest(monkeypatch, tmp_path, capsys):
    data = small_data()
    arguments = ["--steps=20", "--batch_size=10", "--digit=3", f"--logdir={tmp_path}"]
    assert experiment_modules.run(monkeypatch, data, "logistic", *arguments) == 0
    capsys.readouterr()
    assert say("logistic/*", "--logdir", tmp_path) == 0
    found = rows(capsys.readouterr().out)
    assert [row[3] for row in found] == ["1" if i == 3 else "0" for i in range(10)]
    assert all(float(row[4]) >= 0.5 for row in found)
    Image.new("L", (9, 9)).save(tmp_path / "a.png")
    assert say("logistic/*", tmp_path / "a.png", "--logdir", tmp_path) == 2
    assert "was trained on 4 × 4 pixels" in capsys.readouterr().err


def copied(logdir, tmp_path) -> Path:
    copy = tmp_path / "mlp" / "0001"
    shutil.copytree(logdir / "mlp" / "0001-x", copy)
    return copy


def change_record(run: Path, **changes) -> None:
    record = json.loads((run / "run.json").read_text())
    for name, value in changes.items():
        record[name] = record[name] | value if isinstance(value, dict) else value
    (run / "run.json").write_text(json.dumps(record))


def test_neither_the_experiment_nor_its_flag_file_is_needed(logdir, tmp_path, capsys):
    assert say("mlp/0001-x", "--logdir", logdir) == 0
    expected = rows(capsys.readouterr().out)
    copy = copied(logdir, tmp_path)
    (copy / "flags.txt").unlink()
    change_record(copy, experiment="lost")
    assert say(copy, "--logdir", tmp_path) == 0
    assert rows(capsys.readouterr().out) == expected


def test_the_examples_that_were_trained_on(call_experiment, idx_directory, capfd):
    """With --validation_split, the last ones were not."""
    arguments = [f"--data_dir={idx_directory}", "--steps=20", "--batch_size=20"]
    assert call_experiment("softmax", *arguments, "--validation_split=0.25").code == 0
    assert say("softmax/0001-*", "--split", "train", "--images", "80-89") == 0
    found = rows(capfd.readouterr().out)
    assert [row[:2] for row in found] == [["train", str(i)] for i in range(80, 90)]
    assert [int(row[3]) for row in found] == [i % 10 for i in range(10)]
    assert say("softmax/0001-*", "--split", "train", "--images", "80-90") == 2
    assert "indices go from 0 to 89" in capfd.readouterr().err


def damaged(logdir, tmp_path, how) -> Path:
    copy = copied(logdir, tmp_path)
    if how == "weights":
        for file in copy.glob("checkpoints/*.data*"):
            file.write_bytes(b"\0" * 100)
    elif how == "no checkpoint":
        shutil.rmtree(copy / "checkpoints")
    elif how == "no graph":
        for file in copy.glob("train/*tfevents*"):
            file.unlink()
    elif how == "no predictions":
        change_record(copy, network={"predictions": None})
    elif how == "record":
        change_record(copy, data=None)
    else:
        change_record(copy, data={"sha256": "0"})
    return copy


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("weights", "no checkpoint of .* is good"),
        ("no checkpoint", "has no checkpoint to predict with"),
        ("no graph", "holds no graph to rebuild its network from"),
        ("no predictions", "predicts no class: the Step of mlp has no predictions"),
        ("record", "is not a run that can be read"),
        ("other data", "is not the data that"),
    ],
)
def test_runs_that_cannot_predict(logdir, tmp_path, capsys, how, message):
    copy = damaged(logdir, tmp_path, how)
    assert say(copy, "--logdir", tmp_path) in (1, 2)
    printed = capsys.readouterr()
    *notes, last = printed.err.splitlines()
    assert last.startswith("error: ") and re.search(message, last)
    assert all(note.startswith("note: checkpoint") for note in notes) and printed.out == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mlp/0009"], "mlp/0009 matches no run"),
        (["mlp/0001-x", "--images", "9990-10000"], "indices go from 0 to 999"),
        (["mlp/0001-x", "--images", "ten"], "'ten' is not a range"),
        (["mlp/0001-x", "no_such.png"], "no_such.png: No such file"),
        (["mlp/0001-x", "a.png", "--images", "0-9"], "not both"),
        (["mlp/0001-x", "--strip", "a.bmp"], "a.bmp"),
        (["mlp/0001-x", "run.json"], "run.json"),
        ([], "RUN"),
    ],
)
def test_bad_input_is_one_line(logdir, capsys, arguments, message):
    assert say(*arguments, "--logdir", logdir) in (1, 2)
    error = capsys.readouterr().err
    assert error.startswith("error: ") and error.count("\n") == 1
    assert re.search(message, error)


@pytest.mark.slow
def test_as_a_command_from_anywhere(logdir, tmp_path):
    command_line = [sys.executable, str(SCRIPT), str(logdir / "mlp" / "0001-x"), "--images", "4"]
    done = subprocess.run(command_line, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(rows(done.stdout)) == 1
