from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helper import command
from helper.errors import UsageError
from scripts import plot_runs
from tests.data_files import small_arrays, write_idx_set
from tests.made_runs import make_run, scalar, write_events

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "plot_runs.py"


def plot(*arguments) -> int:
    return command.run(lambda: plot_runs.main([str(argument) for argument in arguments]))


@pytest.fixture
def logdir(tmp_path):
    for name in ("0001", "0002"):
        curve = {0: 0.1, 10: 0.5, 20: 0.9}
        make_run(tmp_path / "logs" / "softmax" / name, curve=curve, batch_size=600)
    return tmp_path / "logs"


def colours(path) -> set[tuple[int, ...]]:
    pixels = np.array(Image.open(path).convert("RGB"))
    return {tuple(colour) for colour in pixels.reshape(-1, 3).tolist()}


@pytest.mark.parametrize("x", ["step", "epoch", "seconds"])
def test_curve_of_one_run_is_red(logdir, tmp_path, x):
    out = tmp_path / "a.png"
    options = ["--metric", "accuracy", "--x", x, "--smooth", "0.3", "--logx"]
    assert plot("softmax/0001", "--logdir", logdir, "--out", out, *options) == 0
    assert (255, 0, 0) in colours(out)


def test_epochs(logdir):
    (listed,) = plot_runs.listing.find(logdir, ["softmax/0001"])
    curve = listed.curve("test/accuracy")
    listed.record.data = replace(listed.record.data, train=6_000)
    assert plot_runs.along("epoch", listed, curve).tolist() == [0, 1, 2]  # 600 examples a step
    listed.record.data = None
    with pytest.raises(UsageError, match="how long an epoch is"):
        plot_runs.along("epoch", listed, curve)


def test_two_runs_have_two_colours(logdir, tmp_path):
    out = tmp_path / "a.png"
    assert plot("softmax/*", "--logdir", logdir, "--out", out, "--metric", "accuracy") == 0
    assert {(31, 119, 180), (255, 127, 14)} <= colours(out)  # matplotlib's first two
    assert (255, 0, 0) not in colours(out)


def test_the_legend_names_what_differs(tmp_path):
    for number, rate in enumerate((0.1, 0.5)):
        name = tmp_path / "logs" / "softmax" / f"{number:04d}-learning_rate={rate},seed=7"
        make_run(name, curve={0: 0.1, 10: 0.5, 20: 0.9}, learning_rate=rate, seed=7)
    out = tmp_path / "a.svg"
    options = ["--logdir", tmp_path / "logs", "--metric", "accuracy", "--out", out]
    assert plot("softmax", *options) == 0
    svg = out.read_text()
    assert svg.count("<!-- learning_rate=0.1 -->") == svg.count("<!-- learning_rate=0.5 -->") == 1
    assert "softmax" not in svg and "seed" not in svg and "<!-- 0.1 -->" not in svg
    assert plot("softmax", *options, "--from_start") == 0
    assert "<!-- 0.1 -->" in out.read_text()  # on the y axis


def test_a_point_is_not_a_curve(tmp_path, capsys):
    for name, curve in (("0001", {0: 0.1, 9: 0.9}), ("0002", {9: 0.7})):
        make_run(tmp_path / "logs" / "softmax" / name, curve=curve)
    options = ["--logdir", tmp_path / "logs", "--metric", "accuracy", "--out", tmp_path / "a.svg"]
    assert plot("softmax/0002", *options) == 2
    assert "none of these runs has a curve of accuracy" in capsys.readouterr().err
    assert plot("softmax", *options) == 0  # of one run: red, and no name in the legend
    svg = (tmp_path / "a.svg").read_text()
    assert "<!-- test -->" in svg and "softmax" not in svg


def test_awkward_names_are_drawn_literally(tmp_path, monkeypatch, capsys):
    names = ["\x1b[31mred", r"$\frac{", "$^$", r"x\[/bold]", os.fsdecode(b"\xff")]
    for name in names:
        write_events(
            tmp_path / "logs" / name / "train", scalar(0, {"loss": 2}), scalar(1, {"loss": 1})
        )
        (tmp_path / "logs" / name / "lock").touch()
    out = tmp_path / "\x1b.svg"
    monkeypatch.chdir(tmp_path / "logs")
    assert plot("*", "--logdir", tmp_path / "logs", "--metric", "loss,loss", "--out", out) == 0
    assert capsys.readouterr().out == f"wrote {tmp_path}/\\x1b.svg\n"
    svg = out.read_text()
    shown = [r"\x1b[31mred", r"$\frac{", "$^$", r"x\[/bold]", r"\udcff"]
    assert all(svg.count(f"<!-- {name} -->") == 1 for name in shown)


def test_activations_and_digits(tmp_path):
    assert plot("--activations", "relu", "--between=-2,2", "--out", tmp_path / "a.svg") == 0
    assert "<svg" in (tmp_path / "a.svg").read_text()
    write_idx_set(tmp_path / "small", small_arrays())
    options = ["--data_dir", tmp_path / "small", "--split", "test", "--out", tmp_path / "b.png"]
    assert plot("--digits", "2-5", *options) == 0
    assert Image.open(tmp_path / "b.png").size[0] > 3 * 72


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["softmax/0001", "--out", "x.gif"], 2, "x.gif"),
        (["softmax/0009", "--out", "x.png"], 2, "softmax/0009 matches no run"),
        (["--out", "x.png"], 2, "give one of"),
        (["softmax/0001", "--activations", "relu", "--out", "x.png"], 2, "give one of"),
        (["softmax/0001", "--metric", "luck", "--out", "x.png"], 2, "has a curve of luck"),
        (["softmax/0001", "--smooth", "1", "--out", "x.png"], 2, "--smooth"),
        (["softmax/0001", "--range", "loss=1", "--out", "x.png"], 2, "'1' is not two numbers"),
        (["softmax/0001", "--range", "loss=2,1", "--out", "x.png"], 2, "is not a range"),
        (["softmax/0001", "--x", "hours", "--out", "x.png"], 2, "hours"),
        (["--activations", "selu", "--out", "x.png"], 2, "unknown activation 'selu'"),
        (["--digits", "20", "--dataset", "colours", "--out", "/no/x.png"], 1, "cannot write"),
        (["--digits", "5-99999", "--dataset", "colours", "--out", "x.png"], 2, "0 to 5,999"),
        (["--digits", "0-5999", "--dataset", "colours", "--out", "x.png"], 2, "6,000 .* too many"),
        (
            ["--digits", "five", "--dataset", "colours", "--out", "x.png"],
            2,
            "'five' is not a range",
        ),
    ],
)
def test_bad_input_is_one_line(logdir, tmp_path, monkeypatch, capsys, arguments, code, message):
    monkeypatch.chdir(tmp_path)
    assert plot(*arguments, "--logdir", logdir) == code
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and error.startswith("error: ")
    assert re.search(message, error)
    assert not (tmp_path / "x.png").exists()


def test_runs_as_a_command_from_anywhere(tmp_path):
    command_line = [sys.executable, str(SCRIPT), "--activations", "relu", "--out", "a.png"]
    done = subprocess.run(command_line, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "wrote a.png\n", "")
