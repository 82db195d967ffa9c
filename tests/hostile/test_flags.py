"""Hostile flags and arguments of scripts: refused in one line, and nothing is made."""

from __future__ import annotations

import pytest

from tests.hostile.place import Case, check

HUGE = "1" + "0" * 400
SWEEP = "scripts/sweep.py {root}/experiments/softmax.py --dry_run"
PLOT = "scripts/plot_runs.py mlp/1 --metric=accuracy"
CASES = [
    Case("brackets", None, f"scripts/compare_runs.py --where '{'(' * 20_000}'", 2, "more than 100"),
    Case("nots", None, f"scripts/compare_runs.py --where '{'not ' * 20_000}'", 2, "more than 100"),
    Case("condition", None, f"scripts/compare_runs.py --where '{'x' * 50_000}'", 2, "the end"),
    Case("escape", None, "scripts/compare_runs.py --where '\x1b[31m'", 2, "did not expect"),
    Case("or", None, f"scripts/compare_runs.py --where 'a=1{' or a=1' * 20_000}'", 2, "no run has"),
    Case("field", None, "scripts/compare_runs.py --where 'no\x1b[31m=1'", 2, "no run has"),
    Case("top 0", None, "scripts/compare_runs.py --top=0", 2, "at least 1"),
    Case("top", None, f"scripts/compare_runs.py --csv=- --top={HUGE}", 0, "", "mlp/0001"),
    Case("top digits", None, f"scripts/compare_runs.py --top={'9' * 5_000}", 2, "invalid int"),
    Case("confidence", None, "scripts/compare_runs.py --confidence=nan", 2, "at least 0.5"),
    Case("target", None, "scripts/compare_runs.py --csv=- --target=nan", 0, "", "mlp/0001"),
    Case("metric", None, "scripts/compare_runs.py --metric=,,", 2, "needs a name"),
    Case("group", None, "scripts/compare_runs.py --group_by=\x1b[31m", 2, "x1b"),
    Case("csv twice", None, "scripts/compare_runs.py --csv=- --json=-", 2, "cannot both"),
    Case("csv to a directory", None, "scripts/compare_runs.py --csv=logs", 1, "irectory"),
    Case("csv to nowhere", None, "scripts/compare_runs.py --csv=no/where.csv", 1, "no/where"),
    Case("html full", None, "scripts/compare_runs.py --html=/dev/full", 1, "space"),
    Case("run escape", None, "scripts/compare_runs.py '\x1b[31m'", 2, r"x1b\[31m matches no run"),
    Case("run empty", None, "scripts/compare_runs.py ''", 2, "an empty name"),
    Case("run long", None, f"scripts/compare_runs.py {'x' * 1_000}", 2, "matches no run"),
    Case("run digits", None, f"scripts/compare_runs.py {'9' * 900}", 2, "matches no run"),
    Case("logdir gone", None, "scripts/compare_runs.py --logdir=no", 2, "no log directory"),
    Case("logdir file", None, "scripts/compare_runs.py --logdir=data/x", 2, "no log directory"),
    Case("remove nothing", None, "scripts/clean_runs.py remove --yes", 2, "say which runs"),
    Case("age", None, f"scripts/clean_runs.py list --older_than={'9' * 400}d", 0, "", "no runs"),
    Case("age word", None, "scripts/clean_runs.py list --older_than=-1d", 2, "duration|expected"),
    Case("rename", None, "scripts/clean_runs.py rename mlp/1 ../../x --yes", 2, "not a valid run"),
    Case("rename escape", None, "scripts/clean_runs.py rename mlp/1 '\x1b[31m'", 2, "not a valid"),
    Case("plot 0", None, "scripts/plot_runs.py --out=a.svg", 2, "give one of"),
    Case("plot form", None, "scripts/plot_runs.py mlp/1 --out=a.exe", 2, "a.exe"),
    Case("plot place", None, f"{PLOT} --out=no/a.svg", 1, "no/a.svg"),
    Case("plot smooth", None, "scripts/plot_runs.py mlp/1 --out=a.svg --smooth=nan", 2, "smooth"),
    Case("plot range", None, "scripts/plot_runs.py mlp/1 --out=a.svg --range=a=0,inf", 2, "range"),
    Case(
        "plot digits",
        None,
        "scripts/plot_runs.py --digits=0-5999999 --data_dir=data --out=a.png",
        2,
        "out of range",
    ),
    Case(
        "plot digits of 5,000 digits",
        None,
        f"scripts/plot_runs.py --digits=0-{'9' * 5_000} --data_dir=data --out=a.png",
        2,
        "out of range|not a range",
    ),
    Case("activation", None, "scripts/plot_runs.py --activations=\x1b[0m --out=a.svg", 2, "x1b"),
    Case("sweep random", None, f"{SWEEP} --seed=1,2 --batch_size=5,6 --random=1000000000", 0),
    Case("sweep wide", None, f"{SWEEP} --learning_rate=1e0..1e999", 2, "not a range"),
    Case("sweep nan", None, f"{SWEEP} --learning_rate=nan..1.0", 0, "", "nan"),
    Case("sweep many", None, f"{SWEEP} --seed=1..1000000000", 2, "at most"),
    Case("sweep product", None, f"{SWEEP} --seed=1..9999 --batch_size=1..9999", 2, "the most is"),
    Case("sweep digits", None, f"{SWEEP} --seed=1..{'9' * 5_000}", 2, "not a range|digits"),
    Case("sweep random 0", None, f"{SWEEP} --random=0", 2, "at least 1"),
    Case("sweep jobs", None, f"{SWEEP} --jobs={'9' * 5_000}", 2, "invalid int"),
    Case("sweep nothing", None, "scripts/sweep.py '\x1b[31m.py'", 2, "not an experiment"),
    Case("sweep fifo", None, "scripts/sweep.py /dev/zero", 2, "not an experiment"),
    Case("diff one", None, "scripts/diff_runs.py mlp/1", 2, "required"),
    Case("diff only", None, "scripts/diff_runs.py mlp/1 softmax/1 --only='\x1b[1m'", 2, "x1b"),
    Case("aggregate", None, "scripts/aggregate_runs.py no", 2, "matches no run"),
    Case("fetch", None, "scripts/fetch_data.py '\x1b[31m'", 2, "x1b"),
    Case("unknown flag", None, "scripts/compare_runs.py --\x1b[31m=1", 2, "x1b"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_flags(server, folder, pytestconfig, case):
    case = case._replace(command=case.command.replace("{root}", str(pytestconfig.rootpath)))
    done = check(case, server, folder)
    assert done.megabytes < 700 and done.seconds < 20
