"""Disks that fill, directories that change, machines that die: what is lost is told."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import fork_server
from tests.command_line import check_refused, command, only_run, record, runs
from tests.fork_server import ForkServer
from tests.run_contents import check_equal, curves, variables
from tests.small_disk import mounted

FLAGS = ["--layers=16", "--optimizer=adam", "--dropout=0.3", "--batch_size=20"]
FLAGS += ["--steps=800", "--log_every=10", "--eval_every=20"]


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[ForkServer]:
    with fork_server.serving(tmp_path_factory.mktemp("output")) as started:
        yield started


@pytest.fixture(scope="module")
def whole(server, idx_directory, tmp_path_factory) -> Path:
    """A run to which nothing happened."""
    logdir = tmp_path_factory.mktemp("whole") / "logs"
    child = server.start("mlp", f"--logdir={logdir}", f"--data_dir={idx_directory}", *FLAGS)
    assert child.code() == 0, child.output
    return only_run(logdir)


@pytest.fixture
def two_megabytes(tmp_path) -> Iterator[Path]:
    with mounted(tmp_path / "disk", megabytes=2) as folder:
        yield folder


def fill(disk: Path) -> Path:
    ballast = disk / "ballast"
    with open(ballast, "wb", buffering=0) as file:
        for size in (2**16, 2**12):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                pass
    return ballast


@pytest.mark.slow
@pytest.mark.parametrize("killed", [False, True])
def test_disk_that_fills_and_is_freed(server, idx_directory, two_megabytes, whole, killed):
    arguments = [f"--logdir={two_megabytes / 'logs'}", f"--data_dir={idx_directory}"]
    child = server.start("mlp", *arguments, *FLAGS)
    child.wait_for("step: 100,")
    ballast = fill(two_megabytes)
    child.wait_for("error: ")  # while it is running
    if killed:
        child.kill()
    assert child.code() == (-9 if killed else 1)
    assert "space" in child.output.lower() and "Traceback" not in child.output
    run = only_run(two_megabytes / "logs")
    ballast.unlink()
    child = server.start("mlp", arguments[0], "--resume=latest")
    code = child.code()
    assert variables(run) == variables(whole)
    if code:  # there was room for a checkpoint, but not for the curves before it
        assert "lack" in child.output and record(run)["summaries_lost"]
    else:
        assert curves(run) == curves(whole)


@pytest.fixture
def immutable() -> Iterator:
    changed: list[Path] = []

    def change(path: Path) -> None:
        command = ["chattr", "-R", "+i", str(path)]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("needs the right to make files immutable, and a file system that can")
        changed.append(path)

    yield change
    for path in changed:
        subprocess.run(["chattr", "-R", "-i", str(path)], check=True)


@pytest.mark.slow
def test_directory_that_cannot_be_written_any_more(
    server, idx_directory, tmp_path, whole, immutable
):
    arguments = [f"--logdir={tmp_path / 'logs'}", f"--data_dir={idx_directory}"]
    child = server.start("mlp", *arguments, *FLAGS)
    child.wait_for("step: 100,")
    run = only_run(tmp_path / "logs")
    immutable(run)
    assert child.code() == 1
    assert "error: " in child.output and "Traceback" not in child.output
    assert child.output.count("error: ") <= 12
    child = server.start("mlp", arguments[0], "--resume=latest")
    assert child.code() == 1
    assert child.output.count("\n") <= 2 and "error: " in child.output
    subprocess.run(["chattr", "-R", "-i", str(run)], check=True)
    child = server.start("mlp", arguments[0], "--resume=latest")
    assert child.code() == 0, child.output
    check_equal(run, whole)


@pytest.mark.slow
def test_directory_that_is_replaced_by_another_run(server, idx_directory, tmp_path, whole):
    arguments = [f"--logdir={tmp_path / 'logs'}", f"--data_dir={idx_directory}"]
    shutil.copytree(whole, tmp_path / "another")
    # Few saves: a directory that is replaced in the middle of one gets the rest of it.
    child = server.start(
        "mlp", *arguments, *FLAGS, "--validation_split=0.2", "--eval_every=1000", "--steps=10000"
    )
    child.wait_for("step: 1000,")
    run = only_run(tmp_path / "logs")
    while not (run / "checkpoints" / "step-0000001000.json").exists():
        time.sleep(0.001)
    time.sleep(0.01)
    run.rename(tmp_path / "moved")
    (tmp_path / "another").rename(run)
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    assert child.code() == 1
    assert "removed or replaced" in " ".join(child.output.split())
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before
    # What was moved away goes on where it is.
    child = server.start("mlp", f"--resume={tmp_path / 'moved'}")
    assert child.code() == 0, child.output
    assert record(tmp_path / "moved")["step"] == 10_000


@pytest.mark.slow
def test_two_processes_for_one_run(server, idx_directory, tmp_path, call_experiment):
    arguments = [f"--logdir={tmp_path / 'logs'}", f"--data_dir={idx_directory}"]
    child = server.start("mlp", *arguments, *FLAGS, "--steps=1000000")
    child.wait_for("step: 100,")
    run = only_run(tmp_path / "logs")
    checkpoints = {path.name for path in (run / "checkpoints").iterdir()}
    done = call_experiment("mlp", "--resume=latest")
    check_refused(done, 1, "is in use by another process")
    assert checkpoints  # and the first one has not noticed
    step = max(int(line.split()[1][:-1]) for line in child.output.splitlines() if "step:" in line)
    child.wait_for(f"step: {step + 100},")
    child.kill()
    assert child.code() == -9
    assert "error" not in child.output


@pytest.mark.slow
def test_processes_that_cannot_see_each_other(idx_directory, tmp_path, whole):
    """Each in a PID namespace of its own, where it has the same number as the other."""
    apart = ["unshare", "--pid", "--fork", "--kill-child"]
    if shutil.which("unshare") is None or subprocess.run([*apart, "true"]).returncode:
        pytest.skip("needs the right to make PID namespaces")
    flags = [f"--logdir={tmp_path / 'logs'}", f"--data_dir={idx_directory}", *FLAGS]
    words = {"cwd": tmp_path, "text": True, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    started = [subprocess.Popen([*apart, *command("mlp", *flags)], **words) for _ in range(2)]
    for process in started:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    found = runs(tmp_path / "logs")
    assert len(found) == 2
    for run in found:
        check_equal(run, whole)
    with subprocess.Popen([*apart, *command("mlp", *flags, "--steps=1000000")], **words) as third:
        while "step: 100," not in third.stdout.readline():
            pass
        again = command("mlp", flags[0], "--resume=3")
        done = subprocess.run([*apart, *again], cwd=tmp_path, capture_output=True, text=True)
        third.kill()
    assert done.returncode == 1 and "is in use by another process" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("days", [-1, -3650, 3650])
def test_clock_that_jumps(idx_directory, tmp_path, whole, call_experiment, monkeypatch, days):
    arguments = [f"--data_dir={idx_directory}", *FLAGS]
    assert call_experiment("mlp", *arguments, "--steps=333").code == 0
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + days * 86400)
    assert call_experiment("mlp", "--resume=latest", "--steps=800").code == 0
    check_equal(only_run(tmp_path / "logs"), whole)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_machine_that_dies_while_it_writes_any_file(whole, tmp_path, call_experiment):
    """Each file of a run ends somewhere, and half files lie about."""
    names = sorted(path.relative_to(whole) for path in whole.rglob("*") if path.is_file())
    outcomes = {}
    for number, name in enumerate(names):
        run = tmp_path / "logs" / "mlp" / f"{number + 1:04d}"
        shutil.copytree(whole, run)
        found = record(run) | {"status": "running", "ended": None, "final": {}}
        (run / "run.json").write_text(json.dumps(found))
        os.truncate(run / name, (run / name).stat().st_size * 2 // 3)
        for folder in (run, run / "train", run / "checkpoints"):
            (folder / ".partial-x").write_bytes(b"half")
        (run / "checkpoints" / "step-0000000900.index").write_bytes(b"half")
        done = call_experiment("mlp", f"--resume={run}")
        outcomes[str(name)] = done.code
        assert "Traceback" not in done.stderr
        if done.code == 0:
            check_equal(run, whole)
        elif name.name == "run.json":
            check_refused(done, 1, "run.json", "cannot be resumed without it")
        else:
            assert "tfevents" in name.name
            assert done.code == 1 and "lack" in done.stderr
            assert variables(run) == variables(whole)
            lacking = sum(map(len, curves(whole).values())) - sum(map(len, curves(run).values()))
            # Where a file has no point left, it does not say how many tags there were.
            assert 0 < record(run)["summaries_lost"] <= lacking
    assert sum(outcomes.values()) == 3, outcomes  # the record, and the two event files
