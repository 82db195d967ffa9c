"""What successive halving adds to the settings of a sweep, and what it refuses."""

from __future__ import annotations

import pytest

from helper.errors import UsageError
from helper.sweeping import grid
from helper.sweeping.halving_settings import prepare


def prepared(*words, factor=3, min_steps=1000):
    return prepare(grid.combinations(grid.parse(words)), factor, min_steps)


RATES = "--learning_rate=0.1,0.2,0.3"
SPLIT = "--validation_split=0.2"


def test_a_split_is_taken_where_none_is_given_and_said():
    found = prepared(RATES, "--batch_size=10")
    assert found.candidates[1].settings == (
        ("--learning_rate=0.2", "--batch_size=10", "--steps=1000", "--validation_split=0.1"),
    )
    assert found.candidates[1].name == "learning_rate=0.2"
    assert len(found.notes) == 1 and "never by the test set" in found.notes[0]
    assert prepared(RATES, SPLIT).notes == []


def test_a_candidate_is_a_setting_with_all_its_seeds():
    found = prepared("--seed=1..2", RATES, SPLIT)
    assert [c.name for c in found.candidates] == [f"learning_rate=0.{i}" for i in (1, 2, 3)]
    assert found.candidates[2].settings == tuple(
        (f"--seed={seed}", "--learning_rate=0.3", SPLIT, "--steps=1000") for seed in (1, 2)
    )
    assert found.rungs == [(1000, 3), (3000, 2)]


def test_the_steps_given_are_those_of_the_last_rung():
    found = prepared(RATES, SPLIT, "--steps=2500")
    assert found.rungs == [(1000, 3), (2500, 2)]
    assert found.candidates[0].settings == (("--learning_rate=0.1", SPLIT, "--steps=1000"),)


@pytest.mark.parametrize(
    "steps, every",
    [(1000, 0), (5000, 0), (500, 500), (1500, 750), (2500, 1250), (7, 7), (1009, 1009), (1, 1)],
)
def test_every_rung_ends_with_an_evaluation(steps, every):
    found = prepared(RATES, SPLIT, min_steps=steps)
    added = [item for item in found.candidates[0].settings[0] if "eval_every" in item]
    assert added == ([f"--eval_every={every}"] if every else [])
    assert len(found.notes) == len(added)


def test_flag_files_count(tmp_path):
    preset = tmp_path / "a.flags"
    preset.write_text("# text\n--steps=3000\n--validation_split=0.3\n--eval_every=200\n")
    found = prepared(f"--flagfile={preset}", RATES)
    assert found.notes == [] and found.rungs == [(1000, 3), (3000, 2)]
    assert found.candidates[0].settings[0][-1] == "--steps=1000"  # after the file, so it counts
    preset.write_text("--epochs=3\n")
    with pytest.raises(UsageError, match="--epochs"):
        prepared(f"--flagfile={preset}", RATES)
    assert prepared(f"--flagfile={tmp_path / 'none'}", RATES).rungs  # the experiment reports it


@pytest.mark.parametrize(
    "words, said",
    [
        (["--validation_split=0"], "must not choose"),
        (["--validation_split=0.0"], "must not choose"),
        (["--validation_split=0.1,0.2"], "one --validation_split"),
        (["--steps=1000,2000"], "one --steps"),
        (["--dataset=mnist,colours"], "one --dataset"),
        (["--select_by=loss,accuracy"], "one --select_by"),
        (["--epochs=3"], "--epochs"),
        (["--steps=many"], "not a whole number"),
        (["--steps=0"], "not a whole number"),
        (["--eval_every=300"], "--eval_every=1000"),
    ],
)
def test_what_cannot_be_judged_fairly(words, said):
    with pytest.raises(UsageError, match=said):
        prepared(RATES, *words)
