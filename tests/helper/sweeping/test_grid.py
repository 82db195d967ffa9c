from __future__ import annotations

import pytest

from helper.errors import UsageError
from helper.sweeping import grid


def test_every_combination():
    choices = grid.parse(["--learning_rate=0.1,0.5", "--steps=100", "--seed=1..3", "--nonormalize"])
    found = grid.combinations(choices)
    assert len(found) == 6
    assert found[0] == ("--learning_rate=0.1", "--steps=100", "--seed=1", "--nonormalize")
    assert found[-1] == ("--learning_rate=0.5", "--steps=100", "--seed=3", "--nonormalize")


@pytest.mark.parametrize(
    "text, values",
    [
        ("256,128;512", ["256,128", "512"]),
        ("256,128;", ["256,128"]),
        ("", [""]),
        ("1..3,10", ["1", "2", "3", "10"]),
        ("4..4", ["4"]),
        ("a=b", ["a=b"]),
    ],
)
def test_values(text, values):
    assert grid.parse([f"--layers={text}"]) == {"--layers": values}


def test_drawn_settings_repeat_and_extend():
    choices = grid.parse(["--learning_rate=0.01..1.0", "--hidden_units=10,20", "--seed=1,2"])
    ten = grid.draw(choices, 10, search_seed=3)
    assert len(ten) == 20
    assert ten == grid.draw(choices, 20, search_seed=3)[:20]
    assert ten != grid.draw(choices, 10, search_seed=4)
    assert [setting[-1] for setting in ten[:2]] == ["--seed=1", "--seed=2"]
    rates = [float(setting[0].split("=")[1]) for setting in ten]
    assert all(0.01 <= rate <= 1 for rate in rates)


def test_logarithms_are_drawn_uniformly():
    settings = grid.draw(grid.parse(["--learning_rate=0.01..1.0"]), 1000, search_seed=0)
    rates = [float(setting[0].split("=")[1]) for setting in settings]
    assert 0.45 < sum(rate < 0.1 for rate in rates) / len(rates) < 0.55


def test_fewer_choices_than_asked_for():
    choices = grid.parse(["--hidden_units=10,20,30"])
    assert len(grid.draw(choices, 50, search_seed=0)) == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ["learning_rate=1"],
        ["--seed=1", "--seed=2"],
        ["--seed=5..1"],
        ["--seed=1,1"],
        ["--rate=1.0..0.1"],
        ["--rate=0.0..1.0"],
        ["--rate=0.1..1.0,3"],
        ["--rate=1.2.3..4"],
        ["--seed=1..999999999"],
    ],
)
def test_mistakes(arguments):
    with pytest.raises(UsageError):
        grid.parse(arguments)


def test_what_is_too_much_or_endless_for_a_grid():
    with pytest.raises(UsageError, match="--random"):
        grid.combinations(grid.parse(["--rate=0.1..1.0"]))
    with pytest.raises(UsageError, match="--random"):
        grid.combinations(grid.parse(["--a=1..1000", "--b=1..1000"]))
