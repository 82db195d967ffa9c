"""Successive halving of runs that a stand-in makes; scripts/test_halving.py tests the command."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from helper.errors import LabError
from helper.runs import listing
from helper.sweeping import grid, halving_table
from helper.sweeping.halving_settings import prepare
from helper.sweeping.rungs import climb
from helper.sweeping.sweep import Sweep
from helper.sweeping.workers import Ended
from tests.toy_experiment import Here

SPLIT = "--validation_split=0.2"


@pytest.fixture
def halve(tmp_path):
    """halve("--quality=…", workers=…): what climbing gives, and the steps that each rung took."""

    def run(*words, workers=None, factor=3, min_steps=1000, logdir="logs"):
        settings = grid.combinations(grid.parse([SPLIT, *words]))
        prepared = prepare(settings, factor, min_steps)
        workers = workers or Here()

        def train(settings, number):
            sweep = Sweep(tmp_path / "toy.py", tmp_path / logdir)
            goal = prepared.rungs[number - 1].steps
            return sweep.run(settings, workers, lambda _: None, goal)

        return climb(prepared.rungs, prepared.candidates, train)

    return run


def places(climbed):
    return [(s.candidate.name, s.rung, s.status) for s in climbed.standings]


NINE = "--quality=" + ",".join(f"0.{i}" for i in (4, 9, 1, 7, 3, 8, 2, 6, 5))


def test_the_best_third_goes_on_by_resuming(halve, tmp_path):
    workers = Here()
    climbed = halve(NINE, workers=workers)
    assert [s.candidate.name for s in climbed.standings] == [
        f"quality=0.{i}" for i in range(9, 0, -1)
    ]
    assert [s.rung for s in climbed.standings] == [3, 3, 2] + [1] * 6
    assert [task.resumed is not None for task in workers.trained] == [False] * 9 + [True] * 5
    runs = {run.flags["quality"]: run for run in listing.find(tmp_path / "logs")}
    assert len(runs) == 9
    assert [runs[f"0.{i}"].record.steps for i in (9, 8, 7, 6)] == [9000, 9000, 3000, 1000]
    assert runs["0.9"].record.argv[1:4] == [SPLIT, "--quality=0.9", "--steps=1000"]
    assert climbed.tag == "validation/accuracy"
    assert (climbed.trained, climbed.full) == (9 * 1000 + 3 * 2000 + 2 * 6000, 9 * 9000)


def test_ties_go_to_the_earlier_in_the_grid(halve):
    climbed = halve("--quality=0.5", "--name=c;a;b;d", factor=2)
    names = [name for name, *_ in places(climbed)]
    assert names == ["name=c", "name=a", "name=b", "name=d"]


def late(flags, step):
    """The order at 1,000 steps is turned around at 2,000."""
    return float(flags["quality"]) if step <= 1000 else 1 - float(flags["quality"])


def test_ties_at_a_later_rung_go_by_the_grid_not_by_the_rung_before(halve):
    workers = Here(lambda flags, step: late(flags, step) if step <= 1000 else 0.5)
    climbed = halve("--quality=0.1,0.2,0.3,0.4,0.5", factor=2, workers=workers)
    assert places(climbed)[:2] == [
        ("quality=0.4", 2, "completed"),
        ("quality=0.5", 2, "completed"),
    ]


def test_each_rung_is_decided_by_what_is_known_there(halve):
    climbed = halve("--quality=0.1,0.2,0.3,0.4", factor=2, workers=Here(late))
    assert [name[-3:] for name, *_ in places(climbed)] == ["0.3", "0.4", "0.2", "0.1"]


def test_the_metric_that_the_runs_choose_by_and_its_direction(halve):
    climbed = halve(NINE, "--select_by=loss")
    assert climbed.tag == "validation/loss"
    assert climbed.standings[0].candidate.name == "quality=0.9"
    assert climbed.standings[0].value == pytest.approx(1 - 0.9 * (1 - 0.5**9))


def test_a_candidate_is_judged_by_the_mean_of_its_seeds(halve):
    def by_seed(flags, step):
        """0.2 has the best single seed, 0.3 the best mean."""
        if flags["quality"] == "0.2":
            return 0.9 if flags["seed"] == 1 else 0.1
        return float(flags["quality"])

    climbed = halve("--quality=0.1,0.2,0.6", "--seed=1,2", workers=Here(by_seed))
    first, second, third = climbed.standings
    assert (first.candidate.name, second.candidate.name) == ("quality=0.6", "quality=0.2")
    assert second.value == pytest.approx(0.5) and len(second.runs) == 2
    assert climbed.trained == 6 * 1000 + 4 * 2000 and climbed.full == 6 * 3000


def test_diverged_and_failed_runs_come_last_and_never_go_on(halve):
    climbed = halve("--quality=0.1,0.2,0.9", "--diverge_at=500,1000000", factor=2)
    # Six settings, three of them diverged: the three others go on.
    found = places(climbed)
    assert [rung for _, rung, _ in found] == [3, 3, 2, 1, 1, 1]
    assert [status for *_, status in found] == ["completed"] * 3 + ["diverged"] * 3
    assert all("diverge_at=500" in name for name, *_ in found[3:])
    assert climbed.trained == 3 * 1000 + 3 * 1000 + 2 * 2000  # and none of the diverged


def test_one_seed_that_diverges_takes_its_setting_out(halve):
    def sometimes(flags, step):
        bad = flags["quality"] == "0.9" and flags["seed"] == 2
        return math.nan if bad else float(flags["quality"])

    climbed = halve("--quality=0.1,0.9,0.5", "--seed=1,2", workers=Here(sometimes))
    assert places(climbed)[0] == ("quality=0.5", 2, "completed")
    assert climbed.standings[-1].candidate.name == "quality=0.9"


def test_fewer_are_sound_than_should_go_on(halve):
    def only_one(flags, step):
        return 0.5 if flags["quality"] == "0.3" else math.nan

    climbed = halve(NINE, workers=Here(only_one))
    assert [s.rung for s in climbed.standings] == [3] + [1] * 8
    assert len(climbed.finalists) == 1


def test_a_run_that_diverges_later_is_last_of_all(halve):
    words = ("--quality=0.9", "--diverge_at=2500,9000,9001,9002", "--steps=4000")
    first = halve(*words, factor=2)
    assert places(first) == [
        ("diverge_at=9000", 2, "completed"),
        ("diverge_at=9001", 1, "completed"),
        ("diverge_at=9002", 1, "completed"),
        ("diverge_at=2500", 2, "diverged"),
    ]
    assert first.trained == 2 * 1000 + 4000 + 2000
    # Started again, it is still sound on the first rung.
    assert places(halve(*words, factor=2)) == places(first)


def test_all_fail(halve, capsys):
    climbed = halve(NINE, "--fail")
    assert {s.status for s in climbed.standings} == {"failed"} and climbed.trained == 0
    halving_table.show(climbed)
    assert halving_table.best(climbed) == "no run can be judged: all of them diverged or failed"
    assert "0 of the 81,000" in halving_table.cost(climbed)
    assert capsys.readouterr().out.count("failed") == 9


@pytest.mark.parametrize("stop_after", [0, 3, 9, 10, 12, 13])
def test_started_again_it_goes_on_and_decides_the_same(halve, stop_after):
    whole = halve(NINE, workers=Here(), logdir="whole")
    with pytest.raises(RuntimeError):
        halve(NINE, workers=Here(stop_after=stop_after))
    workers = Here()
    again = halve(NINE, workers=workers)
    assert places(again) == places(whole) and again.trained == whole.trained
    assert len(workers.trained) == 14 - stop_after


def test_a_run_trained_further_is_judged_by_what_it_had_reached(halve):
    """Those that went on got worse; judged by their ends, others would go on now."""

    def falling(flags, step):
        return float(flags["quality"]) / (1 if step <= 1000 else 10)

    names = "--quality=0.1,0.2,0.3,0.4"
    whole = halve(names, factor=2, workers=Here(falling))
    workers = Here(falling)
    again = halve(names, factor=2, workers=workers)
    assert places(again) == places(whole) and not workers.trained
    assert [s.value for s in again.standings] == [s.value for s in whole.standings]


def test_a_run_cut_short_leaves_its_rung_undecided(halve, tmp_path):
    class Dying(Here):
        def train(self, task, said):
            ended = super().train(task, said)
            if "--quality=0.9" in task.arguments:
                (run,) = (r for r in listing.find(tmp_path / "logs") if r.flags["quality"] == "0.9")
                text = (run.path / "run.json").read_text()
                (run.path / "run.json").write_text(text.replace('"completed"', '"interrupted"'))
                return Ended(-9, "killed")
            return ended

    with pytest.raises(LabError, match="cut short.*same command"):
        halve(NINE, workers=Dying())
    assert halve(NINE).standings[0].candidate.name == "quality=0.9"


def test_checkpoints_that_are_gone(halve, tmp_path):
    workers = Here(stop_after=9)
    with pytest.raises(RuntimeError):
        halve(NINE, workers=workers)
    for checkpoint in (tmp_path / "logs").glob("*/*/checkpoints/*"):
        checkpoint.unlink()
    climbed = halve(NINE)
    assert [s.rung for s in climbed.standings] == [3, 3, 2] + [1] * 6
    assert {s.status for s in climbed.standings} == {"completed"}


def test_runs_on_different_data_are_not_judged_by_each_other(halve):
    with pytest.raises(LabError, match="0001 and toy/0002 differ in their data"):
        halve(NINE, "--data=ab;cd")


def test_the_test_set_never_chooses(halve):
    class Deaf(Here):
        """An experiment of one's own that holds nothing out, whatever the flag says."""

        def train(self, task, said):
            super().train(task, said)
            for record in Path(task.logdir).glob("*/*/run.json"):
                text = record.read_text()
                record.write_text(text.replace('"validation": 20', '"validation": 0'))
            return Ended(0, "")

    with pytest.raises(LabError, match="no validation split"):
        halve(NINE, workers=Deaf())
