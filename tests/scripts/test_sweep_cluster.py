"""Sweeps on a real Dask scheduler and its workers, on this machine's loopback."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

pytest.importorskip("distributed", reason="clusters need the extra [cluster]")

from helper.runs import listing
from tests.command_line import command, only_run, runs
from tests.dask_cluster import NOT_SHARED, ROOT, Cluster, cluster, wait_for
from tests.run_contents import check_equal
from tests.scripts.test_sweep import EXPERIMENT

pytestmark = pytest.mark.slow
SWEEP = [sys.executable, str(ROOT / "scripts" / "sweep.py")]
AWAY = [sys.executable, "-c", NOT_SHARED]
BOTH = pytest.mark.parametrize("start", [SWEEP, AWAY], ids=["shared", "not shared"])


@pytest.fixture(scope="module")
def two(tmp_path_factory) -> Iterator[Cluster]:
    """A cluster of two workers that no test harms."""
    with cluster(tmp_path_factory.mktemp("two"), workers=2) as found:
        yield found


@pytest.fixture
def own(tmp_path) -> Iterator[Cluster]:
    """A cluster of two workers that a test may harm."""
    with cluster(tmp_path / "own", workers=2) as found:
        yield found


@pytest.fixture
def toy(tmp_path, monkeypatch, idx_directory) -> list[str]:
    """The arguments of a sweep of a stand-in for an experiment."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "toy.py").write_text(EXPERIMENT.format(root=str(ROOT)))
    return ["toy.py", f"--data_dir={idx_directory}"]


def sweep(start: list[str], cluster: Cluster, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*start, *arguments, f"--scheduler={cluster.address}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(process: subprocess.Popen[str], code: int = 0) -> tuple[str, str]:
    out, err = process.communicate(timeout=200)
    assert process.returncode == code, out + err
    assert "Traceback" not in out + err and "distributed." not in err
    return out, err


def statuses() -> list[tuple[str, str]]:
    return sorted((str(run.flags["seed"]), str(run.status)) for run in listing.find(Path("logs")))


def begun(minimum: int = 1) -> bool:
    found = listing.find(Path("logs")) if Path("logs").exists() else []
    return sum(bool(run.record and run.record.step >= minimum) for run in found) > 0


@BOTH
def test_all_settings_are_trained_and_then_skipped(two, toy, start):
    process = sweep(start, two, *toy, "--learning_rate=0.1", "--seed=1..4", "--pause=0.3")
    out, err = finish(process)
    assert statuses() == [(seed, "completed") for seed in "1234"]
    assert len(re.findall(r"^\[\d/4\] seed=\d: completed, test/accuracy 0.75", out, re.M)) == 4
    assert ("do not share" in err) == (start is AWAY)
    paths = [run.path for run in listing.find(Path("logs"))]
    assert [path.name[:4] for path in sorted(paths)] == ["0001", "0002", "0003", "0004"]
    assert {run.flags["logdir"] for run in listing.find(Path("logs"))} <= {
        "logs",
        str(Path("logs").absolute()),
    }
    again, _ = finish(sweep(start, two, *toy, "--learning_rate=0.1", "--seed=1..4", "--pause=0.3"))
    assert again.count("completed before") == 4
    assert not list(Path("logs").rglob(".partial-*"))


@BOTH
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_runs_safely(two, toy, start, number):
    arguments = (*toy, "--learning_rate=0.1", "--seed=1..4", "--pause=1")
    process = sweep(start, two, *arguments)
    scratch = [two.place / f"worker{n}" for n in range(2)]
    wait_for(lambda: begun() or any(p for s in scratch for p in s.rglob("*.index")))
    os.killpg(process.pid, number)
    out, err = finish(process, 128 + number)
    assert err.splitlines()[-1] == "stopped; the same command continues from here"
    found = listing.find(Path("logs"))
    assert 1 <= len(found) <= 2
    signals = {(run.status, run.record.engine.get("signals")) for run in found}
    assert signals == {("interrupted", 1)}
    saved = {run.path for run in found if run.record.step}
    finish(sweep(start, two, *arguments))
    ended = [run for run in listing.find(Path("logs")) if run.status == "completed"]
    assert sorted(run.flags["seed"] for run in ended) == list("1234")
    assert {run.path for run in ended if run.record.engine["resumed"]} == saved != set()


def test_a_second_ctrl_c_kills(two, toy, tmp_path):
    (tmp_path / "toy.py").write_text(
        "import os, pathlib, signal, time\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        f"pathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(os.getpid()))\n"
        "time.sleep(60)\n"
    )
    process = sweep(SWEEP, two, *toy, "--seed=1")
    wait_for(lambda: Path("pid").exists() and Path("pid").read_text())
    process.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(2)
    process.send_signal(signal.SIGINT)
    finish(process, 130)
    wait_for(lambda: not psutil.pid_exists(int(Path("pid").read_text())), 10)


def test_a_sweep_that_is_killed_leaves_no_run_behind(two, toy):
    arguments = (*toy, "--learning_rate=0.1", "--seed=1", "--pause=2")
    process = sweep(SWEEP, two, *arguments)
    wait_for(begun)
    process.kill()
    wait_for(lambda: statuses() == [("1", "interrupted")])
    finish(sweep(SWEEP, two, *arguments))
    assert statuses() == [("1", "completed")]


def test_a_scheduler_that_is_killed(own, toy):
    arguments = (*toy, "--learning_rate=0.1", "--seed=1..2", "--pause=2")
    process = sweep(SWEEP, own, *arguments)
    wait_for(begun)
    own.scheduler.kill()
    _, err = finish(process, 1)
    assert err.startswith("error: the connection to the scheduler") and err.count("\n") == 1
    wait_for(lambda: {status for _, status in statuses()} == {"interrupted"})


def test_the_sweep_listens_on_no_port(two, toy):
    process = sweep(SWEEP, two, *toy, "--learning_rate=0.1", "--seed=1", "--pause=1")
    wait_for(begun)
    connections = psutil.Process(process.pid).net_connections("inet")
    assert connections and "LISTEN" not in {found.status for found in connections}
    finish(process)


def test_workers_that_differ_get_no_runs(tmp_path, toy, idx_directory):
    versions = tmp_path / "versions" / "tensorflow-0.1.dist-info"
    versions.mkdir(parents=True)
    (versions / "METADATA").write_text("Metadata-Version: 2.1\nName: tensorflow\nVersion: 0.1\n")
    arguments = ["toy.py", "--data_dir=~", "--learning_rate=0.1", "--seed=1..3"]
    os.environ["HOME"], home = str(idx_directory), os.environ["HOME"]
    try:
        with cluster(tmp_path / "cluster") as found:
            found.add_worker(PYTHONPATH=str(tmp_path / "versions"))
            _, err = finish(sweep(SWEEP, found, *arguments), 1)
            assert "error: no worker of the cluster can train these runs: tensorflow: 0.1" in err
            found.add_worker(HOME=str(tmp_path))
            _, err = finish(sweep(SWEEP, found, *arguments), 1)
            assert "gets no runs: data: " in err and "can train these runs" in err
            found.add_worker()
            _, err = finish(sweep(SWEEP, found, *arguments))
            assert err.count("gets no runs") == 2
    finally:
        os.environ["HOME"] = home
    assert statuses() == [(seed, "completed") for seed in "123"]


FLAGS = ["--layers=16", "--optimizer=adam", "--dropout=0.3", "--batch_size=20", "--seed=3"]
FLAGS += ["--steps=4000", "--log_every=20", "--eval_every=100"]


@BOTH
@pytest.mark.parametrize("machine", [True, False], ids=["its machine", "the worker alone"])
def test_the_run_of_a_lost_worker_ends_with_the_same_bits(
    own, tmp_path, idx_directory, monkeypatch, start, machine
):
    monkeypatch.chdir(tmp_path)
    flags = [*FLAGS, f"--data_dir={idx_directory}"]
    subprocess.run(command("mlp", *flags, "--logdir=whole"), check=True, capture_output=True)
    process = sweep(start, own, str(ROOT / "experiments" / "mlp.py"), *flags)
    places = [Path("logs"), *(own.place / f"worker{n}" for n in range(2))]

    def saved() -> bool:
        found = (path for place in places for path in place.rglob("step-*.index"))
        return any(int(path.stem.split("-")[1]) >= 200 for path in found)

    wait_for(saved)
    family = {w: psutil.Process(w.pid).children(recursive=True) for w in own.workers}
    (busy,) = [worker for worker, children in family.items() if children]
    if machine:
        own.lose(busy)
    else:
        busy.kill()
    out, _ = finish(process)
    assert "1 runs: 1 completed" in out
    (run,) = [path for path in runs(Path("logs")) if "completed" in (path / "run.json").read_text()]
    check_equal(run, only_run(Path("whole")))
    assert len(runs(Path("logs"))) == 1
