from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from helper.errors import LabError, UsageError
from helper.graph import compiling
from scripts import benchmark
from scripts.benchmarks import board, load, overhead, report
from scripts.benchmarks.command import Cost
from scripts.benchmarks.contestants import CONTESTANTS, Contestant
from scripts.benchmarks.race import Result, Turn
from scripts.benchmarks.task import (
    NETWORKS,
    initial_weights,
    matmul_shapes,
    step_flops,
)
from tests.data_files import small_arrays, write_idx_set
from tests.made_runs import make_run

SCRIPT = Path(benchmark.__file__)


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        cwd=cwd,
        env=os.environ | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_flops_by_hand():
    # Softmax: 100 × 784 × 10 products, forward and for the gradient of the weights.
    assert step_flops(NETWORKS["softmax"], 100, 784) == 2 * 2 * 100 * 784 * 10 == 3_136_000
    assert step_flops(NETWORKS["logistic"], 100, 784) == 2 * 2 * 100 * 784
    # The second layer also passes the gradient on to the first.
    first, second = 100 * 784 * 625, 100 * 625 * 10
    assert step_flops(NETWORKS["hidden_layer"], 100, 784) == 2 * (2 * first + 3 * second)


def test_matmul_shapes_chain():
    assert matmul_shapes(NETWORKS["hidden_layer"], 100, 784) == [
        (100, 784, 625),
        (784, 100, 625),
        (100, 625, 10),
        (625, 100, 10),
        (100, 10, 625),
    ]


@pytest.mark.parametrize("name", NETWORKS)
def test_contestants_start_from_weights_like_the_experiments(name):
    layers = initial_weights(NETWORKS[name], 784, seed=3)
    parameters = sum(weights.size + bias.size for weights, bias in layers)
    counts = dict(softmax=7_850, logistic=785, hidden_layer=496_885, s0=159_010, s3=235_146)
    assert parameters == counts[name]
    assert all(weights.dtype == bias.dtype == np.float32 for weights, bias in layers)
    spread = {"softmax": 0.0, "logistic": (6 / 785) ** 0.5 / 3**0.5, "hidden_layer": 0.05}
    if name in spread:
        assert layers[0][0].std() == pytest.approx(spread[name], rel=0.05)


def result(name: str, *microseconds: float, loss: float = 0.3, steps: int = 1000) -> Result:
    turns = (Turn(us * steps / 1e6, loss, 0.9) for us in microseconds)
    return Result(name, steps, tuple(turns))


def test_table_has_medians_and_paired_ratios():
    # The second round was slow for both: the ratio of that round is what counts, not the sum.
    results = [result("project", 100, 300, 100), result("fetch", 410, 1260, 390)]
    first, second = report.rows("softmax", results)
    assert first[:5] == ["this project", "100", "100", "300", ""]
    assert second == ["fetch-and-feed", "410", "390", "1,260", "4.10", "≥ 4 ✓", "0.3000", "0.9000"]
    assert len(first) == len(report.COLUMNS)


def test_table_marks_what_falls_short():
    results = [result("project", 100), result("keras", 250)]
    assert report.rows("hidden_layer", results)[1][4:6] == ["2.50", "≥ 3 ✗"]


def test_who_skips_work_is_told():
    same = [result("project", 100, loss=0.30), result("fetch", 1, loss=0.31)]
    assert report.unlike(same) == []
    assert (
        report.unlike([result("project", 100, loss=0.0065), result("fetch", 1, loss=0.0047)]) == []
    )
    floor = result("floor", 1, loss=float("nan"))
    (problem,) = report.unlike([*same, result("feed", 1, loss=0.6), floor])
    assert problem.startswith("feed_dict ends at loss 0.6000")


def test_what_others_used_is_told():
    turns = tuple(Turn(1.0, 0.3, 0.9, others) for others in (0.0, 0.05, 0.55))
    line = report.others([Result("project", 1000, turns)])
    assert line == "Other programs used 0.2 cores; in 67% of the turns at most 0.1."
    assert "not known" in report.others([result("project", 100)])


@pytest.mark.skipif(load.busy_seconds() is None, reason="this system has no /proc/stat")
def test_a_busy_program_is_seen():
    spin = "import time; end = time.monotonic() + 0.8\nwhile time.monotonic() < end: pass"
    with subprocess.Popen([sys.executable, "-c", spin]) as busy:
        others = load.Others(os.getpid())
        busy.wait()
        # Two cores may be shared with other tests, so that it does not get one of its own.
        assert others.cores() > 0.2


def test_markdown(capsys):
    report.show("title", ("who", "time"), [["this project", "100"]], markdown=True)
    assert capsys.readouterr().out == (
        "**title**\n\n| who | time |\n| --- | ---: |\n| this project | 100 |\n\n"
    )


def test_cost_of_a_command_against_what_is_allowed():
    rows = Cost(seconds=50.0, training=30.0, memory=1_300_000_000, disk=4_000_000).rows()
    assert [row[2][-1:] for row in rows] == ["", "✗", "✗", "✓"]
    assert rows[1][2].startswith("42.5 s")


def test_inner_parts_are_not_counted_twice(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(overhead.time, "perf_counter", lambda: now[0])
    watch = overhead.Stopwatch()

    def wait(seconds):
        now[0] += seconds

    with watch.part("outer"):
        wait(1)
        with watch.part("inner"):
            wait(5)
        wait(2)
    wait(100)
    assert watch.seconds == {"outer": 3, "inner": 5}


def test_generators_are_timed_while_they_work(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(overhead.time, "perf_counter", lambda: now[0])

    class Owner:
        def values(self):
            for number in range(3):
                now[0] += 1
                yield number

    watch = overhead.Stopwatch()
    watch.watch(Owner, "values", "part")
    assert list(Owner().values()) == [0, 1, 2]
    assert watch.seconds == {"part": 3}


def test_shares_of_a_run():
    parts = {overhead.STEPS: 90.0, overhead.EVALUATION: 2.0}
    parts |= {overhead.CHECKPOINTS: 6.0, overhead.PICTURES: 2.0}
    rows = {row[0]: row[1:] for row in overhead.rows(parts)}
    assert rows["training steps"] == ["90.00", "90.0%", ""]
    assert rows["from summaries to safety checks"] == ["8.00", "8.0%", "≤ 5% ✗"]
    assert rows[overhead.PICTURES] == ["2.00", "2.0%", "≤ 3% ✓"]


@pytest.mark.parametrize(
    "arguments, problem",
    [
        (["--networks=softmax,convolution"], "'convolution' is not one of softmax"),
        (["--contestants=theano"], "'theano' is not one of project"),
        (["--repeats=0"], "--repeats=0 must be at least 1"),
        (["--steps=-5"], "--steps=-5 must be at least 1"),
        (["--patience=-1"], "--patience=-1 must be from 0"),
        (["--patience=nan"], "--patience=nan must be from 0"),
        (["--overhead", "--command"], "give one of them"),
    ],
)
def test_bad_arguments(arguments, problem):
    with pytest.raises(UsageError, match=problem):
        benchmark.parse(arguments)


def test_who_takes_part(monkeypatch):
    monkeypatch.setattr(Contestant, "installed", lambda self: self.package != "jax")
    default = ["project", "xla", "fetch", "feed", "keras", "floor"]
    assert benchmark.contestants("softmax", benchmark.parse([])) == default
    with_peers = benchmark.contestants("softmax", benchmark.parse(["--peers"]))
    assert set(with_peers) == {*default, "eager", "compile"}
    # Beside the default, what is not the default.
    of_s0 = benchmark.contestants("s0", benchmark.parse(["--peers"]))
    assert "noxla" in of_s0 and "xla" not in of_s0
    # Ratios are to this project, so it always takes part.
    assert benchmark.contestants("softmax", benchmark.parse(["--contestants=feed"])) == [
        "project",
        "feed",
    ]
    with pytest.raises(LabError, match="'jax', which is not installed"):
        benchmark.contestants("softmax", benchmark.parse(["--contestants=jax"]))


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_that_the_rule_compiles(name):
    network = NETWORKS[name]
    layers = initial_weights(network, 784, 0)
    work = network.batch_size * sum(weights.size + bias.size for weights, bias in layers)
    assert network.compiled is (work >= compiling._WORTHWHILE)


@pytest.mark.parametrize(("floor", "said"), [(0.7, "✓"), (0.6, "✗")])
def test_a_step_is_held_against_the_floor(floor, said):
    results = [result("project", 1.0), result("floor", floor, loss=float("nan"))]
    assert report.rows("hidden_layer", results)[1][5] == f"project ≤ 1.5 × floor {said}"


def test_every_contestant_has_its_function():
    for contestant in CONTESTANTS.values():
        module, function = contestant.place.split(":")
        source = SCRIPT.parent / "benchmarks" / "contestants" / f"{module}.py"
        assert f"def {function}(task: Task, data: Dataset)" in source.read_text()


@pytest.mark.parametrize(
    "contestants",
    ["xla,feed,floor", pytest.param("fetch,keras,eager,compile,jax", marks=pytest.mark.slow)],
)
def test_a_small_race(contestants, tmp_path):
    present = [name for name in contestants.split(",") if CONTESTANTS[name].installed()]
    write_idx_set(tmp_path / "data", small_arrays(train=300, test=100))
    sizes = ["--repeats=1", "--steps=20", "--batch_size=60", "--data_dir=data"]
    done = run("--networks=softmax", f"--contestants={','.join(present)}", *sizes, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "batch 60, 1 × 20 steps" in done.stdout
    for name in ["project", *present]:
        assert CONTESTANTS[name].title in done.stdout


def test_a_contestant_that_fails_is_one_line(tmp_path):
    done = run("--networks=softmax", "--contestants=feed", "--data_dir=nowhere", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("error: this project failed: ")
    assert done.stderr.count("\n") == 1


def test_the_tab_is_measured_on_copies_of_a_run(tmp_path):
    run = make_run(tmp_path / "few/softmax/0001", curve={0: 0.1, 100: 0.9})
    board._copy(run, tmp_path / "many", 25)
    with board.serving(tmp_path / "many") as address:
        found = board.ask(f"{address}/runs")["runs"]
        asked = {"runs": [found[0]["name"]], "tags": ["accuracy"]}
        (curve,) = board.ask(f"{address}/curves", asked)["curves"]
    assert len(found) == 25 and len({row["key"] for row in found}) == 3
    assert curve["step"] == [0, 100]


def test_the_waiting_time_is_a_median_with_its_aim():
    assert board._row("x", [0.3, 0.1, 0.05], 0.1) == ["x", "100", "50", "300", "≤ 100 ✓"]
    assert board._row("x", [0.2], 0.1)[-1] == "≤ 100 ✗" and board._row("x", [1], None)[-1] == ""
