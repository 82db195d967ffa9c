"""Programs answer before TensorFlow is imported: help, mistakes, and the first line of a run."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from helper.files import PROJECT_ROOT
from tests import command_server
from tests.command_server import CommandServer
from tests.made_runs import make_run

# by_hand.py has flags of its own.
EXPERIMENTS = sorted(
    path.stem for path in (PROJECT_ROOT / "experiments").glob("*.py") if path.stem != "by_hand"
)
SCRIPTS = sorted(path.stem for path in (PROJECT_ROOT / "scripts").glob("*.py"))
# Mistakes in the flags of an experiment, and the exit codes.
MISTAKES = {
    "--no_such_flag": 2,
    "--steps=many": 2,
    "--learning_rate=0": 2,
    "--data_dir=missing": 1,
    "--batch_size=121": 2,
    "--epochs=1000000000": 2,
    "--validation_split=0.999": 2,
    "--run_name=../elsewhere": 2,
    "--logdir=file": 1,
    "--logdir=a[b]": 2,
    "--resume=77": 2,
    "--flagfile=missing": 2,
}
# What asks for a run, or a file, that is missing.
MISSING = {
    "aggregate_runs": ["softmax/77"],
    "clean_runs": ["list", "softmax/77"],
    "compare_runs": ["softmax/77"],
    "diff_runs": ["softmax/77", "softmax/1"],
    "export_run": ["softmax/77"],
    "plot_runs": ["softmax/77"],
    "predict": ["softmax/77"],
    "project_run": ["softmax/77"],
    "serve_run": ["softmax/77"],
    "sweep": ["experiments/missing.py", "--seed=1,2"],
}
ASKED_FOR = 99
# Whoever asks for TensorFlow ends the process.
GUARD = f"""
import os, sys
class Guard:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("tensorflow", "keras"):
            sys.stdout.flush()
            os._exit({ASKED_FOR})
sys.meta_path.insert(0, Guard())
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandServer]:
    modules = "helper.training.starting", "helper.comparing.comparison", "helper.runs.cleaning"
    with command_server.serving(tmp_path_factory.mktemp("output"), *modules) as started:
        yield started


@pytest.fixture
def ask(server, idx_directory, tmp_path):
    """ask("experiments/softmax.py", "--help"): what it answers without TensorFlow."""
    (tmp_path / "file").write_text("")
    make_run(tmp_path / "logs" / "softmax" / "0001")

    def run(name: str, *arguments: str) -> command_server.Done:
        if name.startswith("experiments") and not any("--data_dir" in a for a in arguments):
            arguments = (f"--data_dir={idx_directory}", *arguments)
        return server.run([name, *arguments], cwd=tmp_path, prelude=GUARD)

    return run


def test_the_guard_guards(ask):
    """A run that has nothing wrong does ask for TensorFlow, after its first line."""
    done = ask("experiments/softmax.py", "--batch_size=20")
    assert (done.code, done.stderr) == (ASKED_FOR, "")
    assert done.stdout == "softmax: tiny, 120 training and 50 test images\n"


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_first_line(ask, name):
    done = ask(f"experiments/{name}.py", "--batch_size=20", "--validation_split=0.25")
    assert (done.code, done.stderr) == (ASKED_FOR, "")
    assert done.stdout == f"{name}: tiny, 90 training, 30 validation and 50 test images\n"


@pytest.mark.parametrize(
    "file",
    [f"experiments/{n}.py" for n in (*EXPERIMENTS, "by_hand")]
    + [f"scripts/{n}.py" for n in SCRIPTS],
)
def test_help_and_a_wrong_flag(ask, file):
    done = ask(file, "--help")
    assert (done.code, done.stderr) == (0, "") and done.stdout.count("\n") > 5
    done = ask(file, "--no_such_flag")
    assert done.code == 2 and done.stdout == "" and done.stderr.startswith("error: ")


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_mistakes(ask, name):
    for mistake, code in MISTAKES.items():
        done = ask(f"experiments/{name}.py", "--batch_size=20", mistake)
        assert (done.code, done.stdout) == (code, ""), (mistake, done)
        assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1


@pytest.mark.parametrize(("name", "arguments"), MISSING.items(), ids=MISSING)
def test_what_is_missing(ask, name, arguments):
    done = ask(f"scripts/{name}.py", *arguments)
    assert (done.code, done.stdout) == (2, ""), done
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1


def test_a_picture_that_is_missing(ask):
    done = ask("scripts/predict.py", "softmax/1", "missing.png")
    assert (done.code, done.stdout) == (1, "")
    assert "cannot read missing.png" in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("killed", "trained on other data (SHA-256 abababababab…"),
        ("diverged", "diverged after step 100"),
        ("running", "is in use by another process"),
    ],
)
def test_a_run_that_cannot_be_resumed(ask, tmp_path, status, said):
    made = make_run(tmp_path / "logs" / "softmax" / "0002", status=status)
    with open(made / "lock") as lock:
        if status == "running":
            fcntl.flock(lock, fcntl.LOCK_EX)
        done = ask("experiments/softmax.py", "--resume=2")
    assert done.code in (1, 2) and (done.stdout, done.stderr.count("\n")) == ("", 1)
    assert said in done.stderr


@pytest.fixture
def fake(tmp_path: Path) -> dict[str, str]:
    """An environment in which the import of TensorFlow meets a Ctrl-C."""
    package = tmp_path / "fake" / "tensorflow"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        "import os, signal, sys, time\n"
        "print('a line of TensorFlow', file=sys.stderr, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGINT)\n"
        "time.sleep(30)\n"
    )
    return {"PYTHONPATH": str(package.parent)}


def test_ctrl_c_while_tensorflow_is_imported(run_experiment, fake, tmp_path):
    """The process ends by the signal, which a shell reports as 130; its first line is written."""
    done = run_experiment("softmax", "--batch_size=20", **fake)
    assert (done.code, done.stderr) == (-signal.SIGINT, "")
    assert done.stdout.endswith(" test images\n") and not (tmp_path / "logs").exists()


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [["--help"], ["--no_such_flag"], ["--data_dir=missing"]])
def test_an_answer_takes_little_processor_time(arguments, tmp_path):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, str(PROJECT_ROOT / "experiments" / "mlp.py"), *arguments],
        cwd=tmp_path,
        env=os.environ,
        capture_output=True,
        timeout=60,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # A third of this on an idle machine; TensorFlow's import takes five seconds.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1.5
