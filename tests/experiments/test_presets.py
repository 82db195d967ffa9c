from __future__ import annotations

import json
from pathlib import Path

import pytest

from helper.data import datasets
from helper.training import cli
from tests.experiment_modules import EXPERIMENTS, build, load, run, small_data

PARAMETERS = {
    "s0_relu_adam": 159_010,
    "s1_3_4_3": 31,
    "s1_3_4_4_3": 51,
    "s3_dropout": 235_146,
}


def preset(name: str) -> str:
    return f"--flagfile={EXPERIMENTS / 'presets' / name}.flags"


def test_every_preset_is_tested_here():
    assert {path.stem for path in Path(EXPERIMENTS, "presets").iterdir()} == set(PARAMETERS)


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameter_count(name):
    module = load("mlp", preset(name))
    digits = small_data(side=28)
    data = datasets.load("colours") if cli.FLAGS.dataset == "colours" else digits
    model = build(module, data, module.OPTIMIZERS[cli.FLAGS.optimizer][0](cli.FLAGS.learning_rate))
    assert model.parameter_count() == PARAMETERS[name]


def test_the_articles_settings():
    load("mlp", preset("s0_relu_adam"))
    s0 = cli.FLAGS.flag_values_dict()
    assert (s0["optimizer"], s0["learning_rate"], s0["batch_size"], s0["epochs"]) == (
        ("adam", 0.001, 100, 5)
    )
    assert (s0["output"], s0["activation"], s0["normalize"]) == ("sigmoid", "relu", True)
    load("mlp", preset("s3_dropout"))
    s3 = cli.FLAGS.flag_values_dict()
    assert (s3["optimizer"], s3["learning_rate"], s3["batch_size"], s3["epochs"]) == (
        ("sgd", 0.1, 500, 5)
    )
    assert (s3["dropout"], s3["validation_split"], s3["normalize"]) == (0.5, 0.2, False)


def test_s0_trains_as_it_is(run_experiment):
    done = run_experiment("mlp", preset("s0_relu_adam"), "--batch_size=20", "--eval_every=10")
    assert (done.code, done.stderr) == (0, "")
    assert "step: 30, " in done.stdout  # 5 epochs of 120 examples


@pytest.mark.slow
def test_a_hidden_layer_tells_colours_apart_and_none_does_not(monkeypatch, tmp_path):
    accuracies = []
    for more in ([], ["--layers="]):
        arguments = [preset("s1_3_4_3"), "--learning_rate=0.1", f"--logdir={tmp_path}", *more]
        assert run(monkeypatch, datasets.load("colours"), "mlp", *arguments) == 0
        newest = max(tmp_path.glob("mlp/*"))
        record = json.loads((newest / "run.json").read_text())
        accuracies.append(record["final"]["test/accuracy"])
    assert accuracies[0] > 0.9 and accuracies[1] < 0.8
