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


@pytest.mark.parametrize("flag", ["--run_name", "--note"])
def test_a_name_or_a_note_is_one_value(flag):
    assert grid.parse([f"{flag}=a=1,b;1..3"]) == {flag: ["a=1,b;1..3"]}


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


@pytest.mark.parametrize("number", [4, 50, 1_000_000_000])
def test_no_more_combinations_than_there_are(number):
    choices = grid.parse(["--hidden_units=10,20", "--seed=1..3", "--a=1,2"])
    drawn = grid.draw(choices, number, search_seed=0)
    assert len(drawn) == 12
    assert set(drawn) == {
        (f"--hidden_units={units}", f"--a={a}", f"--seed={seed}")
        for units in (10, 20)
        for a in (1, 2)
        for seed in (1, 2, 3)
    }


def test_what_is_drawn_is_a_part_of_what_a_larger_number_draws():
    choices = grid.parse(["--a=1..10", "--b=1..10"])
    some = grid.draw(choices, 99, search_seed=1)
    assert len(set(some)) == 99 and set(some) < set(grid.draw(choices, 100, search_seed=1))
    assert some[:20] == grid.draw(choices, 20, search_seed=1)


def test_a_narrow_range_has_few_numbers():
    drawn = grid.draw(grid.parse(["--rate=1.0..1.002"]), 50, search_seed=0)
    assert sorted(drawn) == [("--rate=1",), ("--rate=1.001",), ("--rate=1.002",)]


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
        ["--rate=1e0..1e999"],
        ["--rate=1e-999..1"],
        [f"--rate=1..{'9' * 5000}"],
        ["--seed=0.1..1.0"],
        ["--seed=1..999999999"],
        ["--layers=1,2;1,2"],
        ["--=1"],
    ],
)
def test_mistakes(arguments):
    with pytest.raises(UsageError):
        grid.parse(arguments)


@pytest.mark.parametrize("text", ["1e-3..1e-1", "1E-3..1e-1", "0.001..0.1", "1e-3..1e-01"])
def test_ranges_of_real_numbers(text):
    assert grid.parse([f"--rate={text}"]) == {"--rate": grid.Between(0.001, 0.1)}


def test_what_is_too_much_or_endless_for_a_grid():
    with pytest.raises(UsageError, match="--random"):
        grid.combinations(grid.parse(["--rate=0.1..1.0"]))
    million = grid.parse(["--a=1..1000", "--b=1..1000"])
    with pytest.raises(UsageError, match="1,000,000 runs.*--random"):
        grid.combinations(million)
    with pytest.raises(UsageError, match="200,000 runs"):
        grid.draw(grid.parse(["--rate=0.1..1.0", "--seed=1,2"]), 100_000, search_seed=0)
    assert len(grid.combinations(grid.parse(["--a=1..1000", "--b=1..100"]))) == 100_000
