from __future__ import annotations

import os
from pathlib import Path

import pytest

from helper.runs import new_names, record
from helper.runs.directory import check_name

MLP = {
    "layers": [200, 100],
    "activation": "relu",
    "initializer": "glorot",
    "output": "sigmoid",
    "optimizer": "adam",
    "learning_rate": 0.001,
    "batch_size": 100,
    "dropout": 0.5,
    "xla": True,
    "seed": 3,
}


def test_settings_in_their_order():
    assert new_names.compose({"layers": [200, 100], "seed": 3}) == "layers=200,100,seed=3"
    assert new_names.compose({}) == ""


def test_presets_come_first():
    presets = [Path("a/s0_relu.flags"), Path("_b c.flags")]
    assert new_names.compose({"seed": 3}, presets) == "s0_relu,b_c,seed=3"
    assert new_names.compose({}, presets[:1]) == "s0_relu"


def test_characters_that_names_cannot_have():
    name = new_names.compose({"data": "a/b ü\n", "größe": 1})
    assert name == "data=a_b___,gr__e=1"
    check_name(name)


def test_a_long_value_is_shortened_in_the_middle():
    name = new_names.compose({"layers": list(range(100, 140)), "seed": 3})
    assert name == "layers=100,101,102,103..136,137,138,139,seed=3"


def test_no_flag_is_dropped_while_short_words_make_room():
    name = new_names.compose(MLP)
    assert name == (
        "laye=200,100,acti=relu,init=glorot,outp=sigmoid,opti=adam,lear_rate=0.001,"
        "batch_size=100,drop=0.5,xla=True,seed=3"
    )


def test_what_does_not_fit_is_counted():
    name = new_names.compose({f"setting_{i}": i for i in range(40)}, [Path("p" * 300)])
    assert len(name) <= record.LONGEST_NAME
    assert name.startswith("ppppp..ppppp,set_0=0,set_1=1,") and name.endswith(",and-29-more")
    check_name(name)


@pytest.mark.parametrize("words", [["--flagfile={}"], ["--flagfile", "{}"], ["-flagfile={}"]])
def test_the_presets_of_a_command_line(tmp_path, words):
    file = tmp_path / "s0.flags"
    file.touch()
    argv = ["--seed=1", *(word.format(file) for word in words), "--xla"]
    assert new_names.presets(argv) == [file]


def test_a_replay_or_a_pipe_is_no_preset(tmp_path):
    (tmp_path / "flags.txt").touch()
    os.mkfifo(tmp_path / "pipe")
    files = [tmp_path / name for name in ("flags.txt", "pipe", "missing")]
    assert new_names.presets([f"--flagfile={file}" for file in files]) == []
    assert new_names.presets(["--flagfile"]) == []
