"""Which runs a verdict takes, and the command that it prints where it cannot choose."""

from __future__ import annotations

import json
import re
import shlex

import numpy as np
import pytest

from helper.comparing import agreeing, sides
from helper.comparing.comparison import select
from helper.comparing.request import Request
from helper.comparing.verdict_text import used
from helper.errors import UsageError
from helper.runs import listing
from scripts import compare_runs
from tests.command_line import script
from tests.made_runs import make_run

LABEL = np.arange(200) % 10
RATES = ("learning_rate=0.1", "learning_rate=0.5")


@pytest.fixture
def run(tmp_path):
    """run("softmax", learning_rate=0.1): the next run of that experiment; returns its name."""

    def make(experiment, label=LABEL, answers=True, **settings):
        number = len(list((tmp_path / experiment).glob("*"))) + 1
        name = f"{experiment}/{number:04d}"
        wrong = number + settings.get("seed", 0)
        predicted = np.where(np.arange(200) < wrong, 1 - label, label) if answers else None
        make_run(tmp_path / name, predicted=predicted, label=label, **settings)
        return name

    return make


@pytest.fixture
def resolve(tmp_path):
    def call(*names, where=""):
        runs = listing.find(tmp_path)
        request = Request(tmp_path, (), where)
        return sides.resolve(names, select(runs, where) if where else runs, request)

    return call


def named(found):
    return [[run.name for run in side] for side in found.runs]


def sweep(run, experiment="softmax", rates=(0.1, 0.5), seeds=(1, 2, 3), **settings):
    """The names of the runs for each rate."""
    return [
        [run(experiment, learning_rate=rate, seed=seed, **settings) for seed in seeds]
        for rate in rates
    ]


def check_command(resolve, tmp_path, names, said):
    """The error of a verdict, which is one line, names a command, and that gives a verdict."""
    pytest.importorskip("scipy", reason="verdicts need the extra [compare]")
    with pytest.raises(UsageError) as error:
        resolve(*names)
    message = str(error.value)
    assert "\n" not in message and re.search(said, message), message
    words = shlex.split(message[message.index("python ") :])
    assert words[1].endswith("scripts/compare_runs.py")
    done = script(compare_runs.main, *words[2:])
    assert (done.code, done.stderr) == (0, ""), (words, done.stderr)
    assert "verdict: " in done.stdout
    return words[2:], done.stdout


def test_the_combination_with_the_most_seeds(run, resolve):
    sweep(run, seeds=(1, 2), steps=50)
    wanted = sweep(run, seeds=(1, 2, 3), steps=60)
    sweep(run, "mlp", seeds=(1,))
    found = resolve(*RATES)
    assert named(found) == wanted
    assert found.settings == {"experiment": "softmax", "steps": 60}
    assert used(found) == (
        "runs: 3 on each side (seeds 1 to 3), experiment=softmax, steps=60; "
        "left out: 6 runs (other settings)"
    )


def test_only_the_seeds_that_both_sides_have(run, resolve):
    extra = run("softmax", learning_rate=0.1, seed=0)
    wanted = sweep(run)
    found = resolve(*RATES)
    assert named(found) == wanted
    assert found.left_out == {"a seed that not all sides have": [extra]}


def test_all_seeds_where_few_are_common(run, resolve):
    first = [run("softmax", learning_rate=0.1, seed=seed) for seed in (1, 2, 3, 4, 5, 6)]
    second = [run("softmax", learning_rate=0.5, seed=seed) for seed in (5, 6, 7, 8, 9, 10)]
    assert named(resolve(*RATES)) == [first, second]


def test_equal_seeds_are_preferred_to_as_many_others(run, resolve):
    for rate, seeds in ((0.1, (1, 2, 3)), (0.5, (4, 5, 6))):
        for seed in seeds:
            run("softmax", learning_rate=rate, seed=seed, steps=50)
    wanted = sweep(run, steps=60)
    assert named(resolve(*RATES)) == wanted


def test_the_same_run_twice_counts_once(run, resolve):
    wanted = sweep(run)
    again = run("softmax", learning_rate=0.5, seed=2)
    found = resolve(*RATES)
    assert named(found) == wanted
    assert found.left_out == {"the same settings and seed as another": [again]}
    assert f"left out: {again} (the same settings and seed as another)" in used(found)


def test_runs_that_did_not_complete_are_left_out(run, resolve):
    wanted = sweep(run)
    killed = run("softmax", learning_rate=0.1, seed=4, status="running")
    diverged = run("softmax", learning_rate=0.5, seed=4, status="diverged")
    empty = run("softmax", learning_rate=0.5, seed=5, answers=False)
    found = resolve(*RATES)
    assert named(found) == wanted
    assert found.left_out == {
        "killed": [killed],
        "diverged": [diverged],
        "no predictions that can be read": [empty],
    }


def test_one_seed_on_each_side(run, resolve):
    one, _ = run("softmax", learning_rate=0.1, seed=2), run("softmax", learning_rate=0.1, seed=3)
    other = run("softmax", learning_rate=0.5, seed=2)
    found = resolve(*RATES)
    assert named(found) == [[one], [other]]
    assert "runs: 1 on each side (seed 2), experiment=softmax; left out:" in used(found)


def test_sides_without_a_common_seed(run, resolve):
    one, other = (
        run("softmax", learning_rate=rate, seed=seed) for rate, seed in ((0.1, 7), (0.5, 8))
    )
    assert named(resolve(*RATES)) == [[one], [other]]


def test_conditions_on_two_settings(run, resolve):
    first = sweep(run, hidden_units=100)[0]
    second = sweep(run, hidden_units=200)[1]
    names = ["learning_rate=0.1 and hidden_units=100", "learning_rate=0.5 and hidden_units=200"]
    assert named(resolve(*names)) == [first, second]


def test_experiments_agree_in_the_settings_that_both_have(run, resolve):
    first = sweep(run, "softmax", rates=(0.1,))
    second = sweep(run, "hidden_layer", rates=(0.1,), hidden_units=10)
    found = resolve("experiment=softmax", "experiment=hidden_layer")
    assert named(found) == [*first, *second]


def test_other_labels_are_another_task(run, resolve):
    wanted = sweep(run, seeds=(1, 2, 3))
    sweep(run, "softmax", seeds=(4, 5), label=(LABEL + 1) % 10)
    assert named(resolve(*RATES)) == wanted


def test_names_of_runs_are_taken_as_they_are(run, resolve):
    first, second = sweep(run)
    found = resolve("softmax/000[123]", "softmax/000[456]")
    assert (named(found), found.settings) == ([first, second], None)
    assert used(found) == "runs: 3 on each side (seeds 1 to 3)"


def test_equally_good(run, resolve, tmp_path):
    sweep(run, steps=50)
    sweep(run, steps=60)
    words, shown = check_command(resolve, tmp_path, RATES, "equally good .* differ in steps")
    assert words[1:] == ["--where", "steps=50", "--verdict", *RATES]
    assert "3 pairs" in shown


def test_equally_good_experiments(run, resolve, tmp_path):
    sweep(run, "mlp", hidden_units=10)
    sweep(run, "softmax")
    words, _ = check_command(resolve, tmp_path, RATES, "equally good .* differ in experiment;")
    assert "experiment=mlp" in words


def test_equally_good_with_and_without_a_setting(run, resolve, tmp_path):
    sweep(run, dropout=None)
    sweep(run, dropout=0.5)
    words, _ = check_command(resolve, tmp_path, RATES, "differ in dropout")
    assert "dropout!=0.5" in words


def test_equally_good_within_a_side(run, resolve, tmp_path):
    sweep(run, rates=(0.1, 0.2, 0.5))
    words, _ = check_command(
        resolve, tmp_path, ("learning_rate<0.3", "learning_rate=0.5"), "equally good"
    )
    assert "learning_rate<0.3 and learning_rate=0.1" in words


def test_equally_good_but_no_condition_tells_them_apart(run, resolve, tmp_path):
    wanted = sweep(run)
    sweep(run, label=(LABEL + 1) % 10)
    words, shown = check_command(resolve, tmp_path, RATES, "2 sets of runs are equally good")
    assert words[-3:] == ["--verdict", wanted[0][0], wanted[1][0]]
    assert "McNemar" in shown


def test_no_runs_that_agree(run, resolve, tmp_path):
    for seed in (1, 2):
        run("softmax", learning_rate=0.1, seed=seed, steps=50)
        run("mlp", learning_rate=0.5, seed=seed, steps=60, optimizer="adam w")
    words, shown = check_command(
        resolve, tmp_path, RATES, "closest differ in experiment, steps, optimizer"
    )
    assert 'learning_rate=0.5 and experiment=mlp and steps=60 and optimizer="adam w"' in words
    assert "2 pairs" in shown


def test_a_side_that_agrees_with_no_other(run, resolve, tmp_path):
    sweep(run)
    sweep(run, rates=(0.7,), steps=50)
    names = (*RATES, "learning_rate=0.7")
    words, _ = check_command(resolve, tmp_path, names, "learning_rate=0.7 has no run that agrees")
    assert words[-3:] == ["--verdict", *RATES]


def test_one_seed_among_several(run, resolve, tmp_path):
    sweep(run)
    sweep(run, rates=(0.7,), seeds=(1,))
    names = (*RATES, "learning_rate=0.7")
    words, _ = check_command(resolve, tmp_path, names, "learning_rate=0.7 has one seed only")
    assert words[-3:] == ["--verdict", *RATES]


def test_one_run_on_both_sides(run, resolve, tmp_path):
    sweep(run)
    names = ("learning_rate=0.1", "learning_rate<0.2")
    words, _ = check_command(resolve, tmp_path, names, "on both sides")
    assert words[-2:] == ["--verdict", "learning_rate"]


def test_a_side_without_completed_runs(run, resolve):
    run("softmax", learning_rate=0.1, status="running")
    run("softmax", learning_rate=0.5)
    with pytest.raises(UsageError, match=r"0\.1 matches no completed run .*0001: killed.*--group"):
        resolve(*RATES)
    with pytest.raises(UsageError, match="matches none of the chosen runs"):
        resolve(RATES[0], "learning_rate=0.7")
    with pytest.raises(UsageError, match="given twice"):
        resolve(RATES[0], RATES[0])


def test_different_data_cannot_be_compared(run, resolve):
    run("softmax", learning_rate=0.1)
    run("softmax", learning_rate=0.5, sha256="cd" * 32)
    with pytest.raises(UsageError, match="trained on different data"):
        resolve(*RATES)


def test_all_values_of_a_setting(run, resolve):
    wanted = sweep(run, rates=(0.1, 0.5, 10))
    run("softmax", learning_rate=0.7, seed=1)  # one seed only
    run("mlp", learning_rate=0.3)
    found = resolve("learning_rate")
    assert found.names == ["learning_rate=0.1", "learning_rate=0.5", "learning_rate=10"]
    assert named(found) == wanted
    assert found.left_out == {"other settings": ["mlp/0001", "softmax/0010"]}


def test_equally_good_values(run, resolve, tmp_path):
    sweep(run, steps=50, rates=(0.1, 0.3))
    sweep(run, steps=60)
    words, _ = check_command(resolve, tmp_path, ["learning_rate"], "equally good .* in steps")
    assert words[1:] == [
        "--where",
        "steps=50",
        "--verdict",
        "learning_rate=0.1",
        "learning_rate=0.3",
    ]


def test_values_that_do_not_agree(run, resolve, tmp_path):
    run("softmax", learning_rate=0.1, steps=50)
    run("softmax", learning_rate=0.5, steps=60)
    check_command(resolve, tmp_path, ["learning_rate"], "closest differ in steps")


def test_what_is_not_a_setting(run, resolve):
    run("softmax")
    for name in ("softmax", "status", "learning_rat", "learning_rate=0.1"):
        with pytest.raises(UsageError, match=f"two sides or more.*{name} is not a setting"):
            resolve(name)
    with pytest.raises(UsageError, match="no two values of learning_rate; to see what there is"):
        resolve("learning_rate")


def test_a_script_has_no_verdict(tmp_path):
    """Nobody knows on which images its numbers were measured."""
    path = make_run(tmp_path / "v1" / "old" / "0001")
    record = json.loads((path / "run.json").read_text()) | {"origin": "script"}
    (path / "run.json").write_text(json.dumps(record))
    (listed,) = listing.find(tmp_path)
    assert "a script's" in agreeing.why_unusable(listed)
    with pytest.raises(UsageError, match="no part in a verdict: it is a script's"):
        listing.load_predictions(listed)
