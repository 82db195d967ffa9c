"""Which run belongs to a setting, and how it ended; scripts/test_sweep.py runs whole sweeps."""

from __future__ import annotations

import fcntl
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillRunning

import pytest

from helper.sweeping.forked import Forked
from helper.sweeping.found_runs import FoundRuns
from helper.sweeping.processes import Processes
from helper.sweeping.sweep import Sweep
from tests.made_runs import make_run

SETTING = ("--learning_rate=0.1", "--seed=1")


@pytest.fixture
def made(tmp_path):
    """made("0001", step=5): a run of the setting; its record's other fields by keyword."""

    def make(name, checkpoint=False, argv=("toy.py", *SETTING), **fields):
        path = make_run(tmp_path / "logs" / "toy" / name, status="interrupted")
        record = json.loads((path / "run.json").read_text()) | {"argv": argv, **fields}
        (path / "run.json").write_text(json.dumps(record))
        if checkpoint:
            (path / "checkpoints").mkdir()
            (path / "checkpoints" / "step-5.index").touch()

    return make


@pytest.fixture
def sweep(tmp_path):
    return Sweep(tmp_path / "toy.py", tmp_path / "logs")


@pytest.fixture(params=[Processes, Forked] if sys.platform == "linux" else [Processes])
def workers(request):
    with request.param(1) as made:
        yield made


@pytest.fixture
def logdir(tmp_path):
    return tmp_path / "logs"


def found(logdir, setting=SETTING):
    run = FoundRuns("toy", logdir).find(setting)
    return None if run is None else run.name


def test_the_run_that_got_furthest(made, logdir):
    assert found(logdir) is None
    made("0001", step=50)
    made("0002", step=20)
    assert found(logdir) == "toy/0001"
    made("0003", step=None)
    made("0004", checkpoint=True, step=10)
    assert found(logdir) == "toy/0004"  # only it can be resumed
    made("0005", status="diverged", step=1)
    assert found(logdir) == "toy/0005"
    made("0006", status="completed", step=1)
    assert found(logdir) == "toy/0006"


def test_a_run_of_exactly_this_setting(made, logdir):
    made("0001", argv=["toy.py", "--seed=1", "--logdir=elsewhere", "--learning_rate=0.1"])
    assert found(logdir) == "toy/0001"
    assert found(logdir, SETTING[:1]) is None
    assert found(logdir, (*SETTING, "--xla")) is None


def test_the_name_of_a_run_is_no_part_of_its_setting(made, logdir):
    made("0001-seed=1", argv=["toy.py", *SETTING, "--run_name=seed=1"])
    assert found(logdir) == "toy/0001-seed=1"
    assert found(logdir, (*SETTING, "--run_name=mine")) is None


@pytest.mark.parametrize("argv", [None, "toy.py", []])
def test_a_record_without_its_command_is_nobodys_run(made, logdir, argv):
    made("0001", argv=argv)
    assert found(logdir) is None


def test_the_arguments_of_a_task(made, sweep, tmp_path):
    logdir = f"--logdir={tmp_path / 'logs'}"
    assert sweep.task(SETTING).arguments == (*SETTING, logdir)
    made("0001")
    assert sweep.task(SETTING).arguments == (*SETTING, logdir)
    named = Sweep(tmp_path / "toy.py", tmp_path / "logs", names={SETTING: "seed=1"})
    assert named.task(SETTING).arguments == (*SETTING, "--run_name=seed=1", logdir)
    made("0002", checkpoint=True)
    resume = f"--resume={tmp_path / 'logs' / 'toy' / '0002'}"
    assert sweep.task(SETTING).arguments == (resume, logdir)
    made("0003", status="completed")
    assert sweep.task(SETTING).name == "toy/0003"


def test_a_goal_of_more_steps(made, sweep, tmp_path):
    logdir = f"--logdir={tmp_path / 'logs'}"
    assert sweep.task(SETTING, 300).arguments == (*SETTING, logdir)
    made("0001", status="completed", checkpoint=True, step=100)
    assert sweep.task(SETTING, 100).name == "toy/0001"
    resume = f"--resume={tmp_path / 'logs' / 'toy' / '0001'}"
    assert sweep.task(SETTING, 300).arguments == (resume, "--steps=300", logdir)
    # A run is never resumed with fewer steps than it was to have.
    made("0002", checkpoint=True, steps=500)
    (tmp_path / "logs" / "toy" / "0001" / "run.json").unlink()
    resume = f"--resume={tmp_path / 'logs' / 'toy' / '0002'}"
    assert sweep.task(SETTING, 300).arguments == (resume, "--steps=500", logdir)


@pytest.mark.parametrize(
    ("program", "status", "error"),
    [
        ("import sys; sys.exit('first\\nerror: last')", "failed", "error: last"),
        ("import sys; sys.exit(3)", "failed", "exit code 3"),
        ("import sys; sys.exit(130)", "interrupted", "exit code 130"),
        ("import os; os.kill(os.getpid(), 2)", "interrupted", "KeyboardInterrupt"),
        ("import sys; sys.stderr.buffer.write(b'bad \\xff'); sys.exit(1)", "failed", "bad \ufffd"),
        ("import sys; sys.stdout.buffer.write(b'\\xff\\n'); sys.exit(1)", "failed", "exit code 1"),
        ("", "failed", ""),  # it ended well, but left no run
    ],
)
def test_how_a_run_without_a_record_ended(sweep, tmp_path, workers, program, status, error):
    (tmp_path / "toy.py").write_text(program)
    ended = []
    (outcome,) = sweep.run([SETTING], workers, ended.append)
    assert ended == [outcome] and outcome.run is None and not outcome.skipped
    assert (outcome.status, outcome.error) == (status, error)


def test_completed_with_an_error(made, sweep, tmp_path):
    made("0001", status="running")
    record = tmp_path / "logs" / "toy" / "0001" / "run.json"
    (tmp_path / "toy.py").write_text(
        f"import sys\nrecord = {str(record)!r}\ntext = open(record).read()\n"
        "open(record, 'w').write(text.replace('\"running\"', '\"completed\"'))\n"
        "sys.exit('error: the disk is full')"
    )
    (outcome,) = sweep.run([SETTING], Processes(1), lambda _: None)
    assert (outcome.status, outcome.error) == (
        "completed",
        "completed, but: error: the disk is full",
    )
    (again,) = sweep.run([SETTING], Processes(1), lambda _: None)
    assert (again.status, again.skipped, again.error) == ("completed", True, "")


def test_a_running_run_is_waited_for(made, sweep, tmp_path):
    made("0001", status="running")
    (tmp_path / "toy.py").write_text("raise SystemExit('started')")
    path = tmp_path / "logs" / "toy" / "0001"
    with open(path / "lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(sweep.run, [SETTING], Processes(1), lambda _: None)
            with pytest.raises(StillRunning):
                future.result(0.3)
            text = (path / "run.json").read_text()
            (path / "run.json").write_text(text.replace('"running"', '"completed"'))
            (outcome,) = future.result(10)
    assert (outcome.status, outcome.skipped, outcome.error) == ("completed", True, "")


def test_progress_is_reported(sweep, tmp_path):
    (tmp_path / "toy.py").write_text("print('step: 7, loss 0.5\\nelse\\nstep: 8, loss 0.25')")
    steps = []
    Sweep(tmp_path / "toy.py", tmp_path / "logs", lambda *a: steps.append(a)).run(
        [SETTING], Processes(1), lambda _: None
    )
    assert steps == [(SETTING, 7, None, "loss 0.5"), (SETTING, 8, None, "loss 0.25")]
