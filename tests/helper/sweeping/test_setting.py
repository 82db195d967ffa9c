"""Which runs are of a setting, and what the runs of a sweep are called."""

from __future__ import annotations

import pytest

from helper.sweeping import setting

SETTINGS = [("--rate=0.1", "--seed=1", "--xla"), ("--rate=0.5", "--seed=1", "--xla")]


def test_what_distinguishes_the_runs():
    assert setting.varied(SETTINGS) == {"--rate=0.1", "--rate=0.5"}
    assert setting.varied(SETTINGS[:1]) == setting.varied([]) == set()


def test_runs_are_named_by_all_that_varies_and_nothing_else():
    assert list(setting.names(SETTINGS).values()) == ["rate=0.1", "rate=0.5"]
    layers = [("--layers=256,128", "--seed=1"), ("--layers=", "--seed=2")]
    assert list(setting.names(layers).values()) == ["layers=256,128,seed=1", "layers=,seed=2"]


def test_a_single_run_names_itself_and_a_name_of_the_users_stays():
    assert setting.names(SETTINGS[:1]) == setting.names([]) == {}
    assert setting.names([(*items, "--run_name=mine") for items in SETTINGS]) == {}


def test_a_preset_comes_first(tmp_path):
    files = [tmp_path / name for name in ("s0.flags", "s3.flags")]
    for file in files:
        file.touch()
    fixed = [(f"--flagfile={files[0]}", f"--seed={seed}") for seed in (1, 2)]
    assert list(setting.names(fixed).values()) == ["s0,seed=1", "s0,seed=2"]
    several = [(f"--flagfile={file}",) for file in files]
    assert list(setting.names(several).values()) == ["s0", "s3"]


@pytest.mark.parametrize(
    "words",
    [
        ["--rate=0.1", "--seed=1", "--xla"],
        ["--xla", "--seed", "1", "-rate=0.1", "--logdir", "elsewhere"],
        ["--note=why, and so on", "--rate=0.1", "--seed=1", "--xla"],
        ["--rate", "0.1", "--seed=1", "--run_name", "mine", "--xla", "--logdir=a"],
    ],
)
def test_the_same_flags_in_another_order_or_spelling(words):
    assert setting.is_of(["toy.py", *words], SETTINGS[0])
    assert not setting.is_of(["toy.py", *words], SETTINGS[1])
    assert not setting.is_of(["toy.py", *words, "--steps=5"], SETTINGS[0])
    assert not setting.is_of(["toy.py", *words, "--noxla"], SETTINGS[0])


def test_a_name_that_the_setting_gives_counts():
    named = (*SETTINGS[0], "--run_name=mine")
    assert setting.is_of(["toy.py", *named], named)
    assert setting.is_of(["toy.py", *named], SETTINGS[0])
    assert not setting.is_of(["toy.py", *SETTINGS[0]], named)
