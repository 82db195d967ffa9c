"""The name of a run that flag files start, as an experiment composes it from the command line."""

from __future__ import annotations

import pytest
from absl import flags

from helper.training import cli, presets
from tests.experiment_modules import EXPERIMENTS, load

S0 = f"--flagfile={EXPERIMENTS / 'presets' / 's0_relu_adam.flags'}"


def name(*arguments):
    module = load("mlp", *arguments)
    own = {flag.name: flag for flag in cli.FLAGS.get_key_flags_for_module(cli.__name__)}
    own |= {flag.name: flag for flag in cli.FLAGS.get_key_flags_for_module(module.__file__)}
    return presets.run_name(arguments, cli.FLAGS, own)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], ""),
        (["--seed=3", "--steps=5"], "seed=3"),
        ([S0], "s0_relu_adam"),
        ([S0, "--seed=3"], "s0_relu_adam,seed=3"),
        (["--seed=3", S0], "s0_relu_adam,seed=3"),
        ([S0, "--learning_rate=0.1"], "s0_relu_adam,learning_rate=0.1"),  # the default otherwise
        ([S0, "--activation=relu"], "s0_relu_adam"),
        ([S0, "--noxla", "--layers=10"], "s0_relu_adam,layers=10,xla=False"),
        (["--xla=true"], "xla=True"),
    ],
)
def test_presets_and_what_differs_from_them(arguments, expected):
    found = name(*arguments)
    assert found.split(",")[:1] == expected.split(",")[:1]
    assert sorted(found.split(",")) == sorted(expected.split(","))


def test_the_flags_of_an_earlier_run_name_the_run_by_its_settings(tmp_path):
    (tmp_path / "flags.txt").write_text("--layers=10\n--seed=2\n--noxla\n")
    assert name(f"--flagfile={tmp_path / 'flags.txt'}") in ("layers=10,seed=2", "seed=2,layers=10")


def test_a_preset_that_is_not_enough_alone(tmp_path):
    defined = flags.FlagValues()
    for flag in ("rate", "seed"):
        flags.DEFINE_integer(flag, 0, "", flag_values=defined)
    flags.register_validator("seed", lambda seed: seed > 0, "give one", flag_values=defined)
    file = tmp_path / "long.flags"
    file.write_text("--rate=5\n")
    argv = [f"--flagfile={file}", "--seed=2"]
    defined(["program", *argv])
    own = {flag: defined[flag] for flag in ("rate", "seed")}
    assert presets.run_name(argv, defined, own) == "long,seed=2"
    assert (defined.rate, defined.seed) == (5, 2)
