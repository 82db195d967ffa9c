"""``--resume`` by the command line, inside this process."""

from __future__ import annotations

import json
import shutil

import pytest

from helper.data import datasets
from helper.graph import compiling
from helper.runs import threads
from helper.runs.events import read_graph
from tests.command_line import check_refused, only_run, record, runs
from tests.run_contents import check_equal, files

FLAGS = ["--layers=4", "--batch_size=20", "--log_every=20", "--eval_every=50", "--seed=3"]


@pytest.fixture
def train(call_experiment, idx_directory, tmp_path):
    """train("logs", "--steps=100"): what it printed; fails if something went wrong."""

    def call(logdir, *arguments):
        if not any(argument.startswith("--resume") for argument in arguments):
            arguments = (f"--data_dir={idx_directory}", *FLAGS, *arguments)
        done = call_experiment("mlp", f"--logdir={logdir}", *arguments)
        assert (done.code, done.stderr) == (0, "")
        return done

    return call


@pytest.fixture
def ended(train, tmp_path):
    """A run of 70 steps in "logs"."""
    train("logs", "--steps=70", "--learning_rate=0.5")
    return only_run(tmp_path / "logs")


# Steps at which the shorter run ends: between intervals, at those of the log, at all of them.
@pytest.mark.parametrize("shorter", [7, 70, 80, 100])
def test_a_longer_run_is_as_if_it_never_stopped(train, tmp_path, shorter):
    more = ["--learning_rate=0.5", "--optimizer=momentum", "--dropout=0.2"]
    train("whole", "--steps=130", *more)
    train("parts", f"--steps={shorter}", *more)
    done = train("parts", "--resume=latest", "--steps=130")
    assert f"at step {shorter} of 130" in done.stdout
    check_equal(only_run(tmp_path / "parts"), only_run(tmp_path / "whole"))


@pytest.mark.parametrize("asked", [["--xla"], []])
def test_a_longer_run_that_xla_compiled(train, call_experiment, tmp_path, monkeypatch, asked):
    monkeypatch.setattr(compiling, "_WORTHWHILE", 0)
    train("whole", "--steps=80", *asked, "--optimizer=adam", "--dropout=0.2")
    train("parts", "--steps=47", *asked, "--optimizer=adam", "--dropout=0.2")
    run = only_run(tmp_path / "parts")
    assert record(run)["flags"]["xla"] is True
    assert "--xla" in (run / "flags.txt").read_text().splitlines()
    check_refused(
        call_experiment("mlp", "--logdir=parts", "--resume=latest", "--noxla"), 2, "--xla"
    )
    monkeypatch.setattr(compiling, "_WORTHWHILE", 10**9)  # a later version may have another rule
    train("parts", "--resume=latest", "--steps=80")
    check_equal(only_run(tmp_path / "parts"), only_run(tmp_path / "whole"))


def test_a_flag_that_is_newer_than_the_run(call_experiment, ended, monkeypatch):
    found = record(ended)
    del found["flags"]["xla"]
    (ended / "run.json").write_text(json.dumps(found))
    check_refused(call_experiment("mlp", "--resume=latest", "--xla"), 2, "--xla=True", "xla=False")
    monkeypatch.setattr(compiling, "_WORTHWHILE", 0)  # such a run was not compiled
    assert "is finished" in call_experiment("mlp", "--resume=latest").stdout


def test_switches_of_the_engine_that_changed(train, ended, monkeypatch):
    monkeypatch.setenv("TF_XLA_FLAGS", "--tf_xla_max_cluster_size=9")
    done = train("logs", "--resume=latest", "--steps=80")
    assert (
        "note: TF_XLA_FLAGS changed since the start; results may differ in the last bits"
        in done.stdout
    )


def test_the_threads_of_the_start_are_kept(call_experiment, ended, monkeypatch):
    monkeypatch.setenv(threads.VARIABLE, "")  # so that it is put back after the test
    found = record(ended)
    assert found["engine"]["threads"] == threads.count()
    found["engine"]["threads"] = 37
    (ended / "run.json").write_text(json.dumps(found))
    done = call_experiment("mlp", "--resume=latest")
    assert f"started with {threads.VARIABLE}=37" in done.stdout and threads.count() == 37


def test_a_longer_run_with_a_validation_set(train, tmp_path):
    train("whole", "--steps=150", "--validation_split=0.25")
    train("parts", "--steps=100", "--validation_split=0.25")
    train("parts", "--resume=latest", "--steps=150")
    run = only_run(tmp_path / "parts")
    check_equal(run, only_run(tmp_path / "whole"))
    # The test set is looked at once, at the end, and that is no curve.
    assert "test/accuracy" in record(run)["final"] and not (run / "test").exists()


def test_epochs(train, tmp_path):
    """An epoch of the 120 examples is 6 steps."""
    train("whole", "--epochs=10")
    train("parts", "--epochs=5")
    train("parts", "--resume=latest", "--epochs=10")
    check_equal(only_run(tmp_path / "parts"), only_run(tmp_path / "whole"))
    done = train("parts", "--resume=latest")
    assert "is finished: 60 steps" in done.stdout
    train("parts", "--resume=latest", "--steps=70")
    found = record(only_run(tmp_path / "parts"))
    assert (found["step"], found["flags"]["epochs"], found["flags"]["steps"]) == (70, None, 70)


def test_the_run_by_its_directory_or_its_name(train, ended, tmp_path):
    train("logs", "--steps=20", "--run_name=newer")
    paths = (f"logs/mlp/{ended.name}", str(ended), f"logs/mlp/{ended.name}/", "logs/mlp/1")
    for name in (*paths, ended.name, "0001", "1", "mlp/1", "mlp/0001", f"mlp/{ended.name}"):
        assert f"{ended} is finished: 70 steps" in train("logs", f"--resume={name}").stdout
    assert "0002-newer is finished" in train("logs", "--resume=latest").stdout


def test_latest_is_the_highest_number_whatever_the_clock_says(train, ended, tmp_path):
    train("logs", "--steps=20", "--run_name=newer")
    newer = runs(tmp_path / "logs")[1]
    (newer / "run.json").write_text(json.dumps(record(newer) | {"started": "1999-01-01T00:00:00Z"}))
    assert "0002-newer is finished" in train("logs", "--resume=latest").stdout


def test_a_finished_run_is_left_alone(train, ended):
    before = {path: path.read_bytes() for path in ended.rglob("*") if path.is_file()}
    done = train("logs", "--resume=latest")
    assert "is finished: 70 steps; give more --steps to continue it" in done.stdout
    train("logs", "--resume=latest", "--steps=70")
    assert {path: path.read_bytes() for path in ended.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("argument", "old"),
    [
        ("--learning_rate=0.25", "learning_rate=0.5"),
        ("--batch_size=10", "batch_size=20"),
        ("--seed=4", "seed=3"),
        ("--layers=5", "layers=[4]"),
        ("--optimizer=adam", "optimizer=sgd"),
        ("--eval_every=25", "eval_every=50"),
        ("--log_every=10", "log_every=20"),
        ("--validation_split=0.5", "validation_split=0.0"),
        ("--steps=69", "steps=70"),
    ],
)
def test_flags_that_would_change_the_result(call_experiment, ended, argument, old):
    before = (ended / "run.json").read_bytes(), files(ended)
    done = call_experiment("mlp", "--resume=latest", argument)
    check_refused(done, 2, argument.split("=")[0], argument.split("=")[1], old)
    assert ((ended / "run.json").read_bytes(), files(ended)) == before


def test_fewer_epochs_than_the_steps_there_were(call_experiment, ended):
    check_refused(call_experiment("mlp", "--resume=latest", "--epochs=2"), 2, "70 steps")


def test_flags_that_may_differ(call_experiment, ended, idx_directory, tmp_path):
    shutil.copytree(idx_directory, tmp_path / "copy")
    done = call_experiment(
        "mlp",
        "--resume=latest",
        "--learning_rate=0.5",
        "--steps=90",
        "--keep=1",
        "--checkpoint_every=7",
        f"--data_dir={tmp_path / 'copy'}",
    )
    assert (done.code, done.stderr) == (0, "")
    found = record(ended)
    assert found["step"] == 90 and found["flags"]["learning_rate"] == 0.5
    assert "--learning_rate=0.5" in (ended / "flags.txt").read_text()


def test_other_data(call_experiment, ended, tiny_data, monkeypatch):
    monkeypatch.setattr(datasets, "load", lambda *_: tiny_data)
    done = call_experiment("mlp", "--resume=latest", "--steps=90")
    check_refused(done, 2, "other data", "cdcdcdcdcdcd")


def test_another_engine_is_told(train, ended):
    found = record(ended)
    found["engine"] |= {"tensorflow": "2.20.0", "cpu_features": "avx"}
    (ended / "run.json").write_text(json.dumps(found))
    done = train("logs", "--resume=latest", "--steps=90")
    assert (
        "tensorflow, cpu_features changed since the start; results may differ in the last bits"
        in (" ".join(done.stdout.split()))
    )
    assert record(ended)["status"] == "completed"


def test_what_is_no_run(call_experiment, ended, tmp_path):
    for name in ("nothing", str(tmp_path), "logs"):
        done = call_experiment("mlp", f"--resume={name}")
        check_refused(done, 2, f"{name} matches no run, neither here nor in logs/mlp\n")
    for name in ("7", "0007", "mlp/2", "mpl/1", "0001-batch_size=20"):
        done = call_experiment("mlp", f"--resume={name}")
        check_refused(done, 2, f"{name} matches no run", f"did you mean mlp/{ended.name}?")
    check_refused(call_experiment("softmax", "--resume=latest"), 2, "nor in logs/softmax")
    done = call_experiment("softmax", f"--resume={ended}")
    check_refused(done, 2, "is a run of mlp", "experiments/mlp.py")


@pytest.mark.parametrize("text", ["", "{", '{"format": 1}', "[1]", "\0" * 4096])
def test_a_damaged_record(call_experiment, train, ended, tmp_path, text):
    train("logs", "--steps=20", "--run_name=older")
    newer = runs(tmp_path / "logs")[1]
    (newer / "run.json").write_text(text)
    for name in ("latest", str(newer)):  # never the older run in its place
        done = call_experiment("mlp", f"--resume={name}")
        check_refused(done, 1, f"mlp/{newer.name}/run.json ", "a run cannot be resumed without it")
    assert (newer / "run.json").read_text() == text


def test_a_directory_whose_run_never_began_is_passed_over(train, ended):
    (ended.parent / "0002").mkdir()
    (ended.parent / "0002" / "lock").touch()
    assert f"{ended} is finished" in train("logs", "--resume=latest").stdout


def as_if_killed(run, step=0):
    found = record(run) | {"status": "running", "ended": None, "final": {}, "step": step}
    (run / "run.json").write_text(json.dumps(found))


def test_killed_before_its_first_checkpoint(train, ended, tmp_path):
    """It begins again, in its own directory."""
    train("whole", "--steps=70", "--learning_rate=0.5")
    found = record(ended)
    del found["saved_step"]
    (ended / "run.json").write_text(json.dumps(found))
    as_if_killed(ended)
    for path in (ended / "checkpoints").glob("*.json"):
        path.unlink()
    assert "at step 0 of 70" in train("logs", "--resume=latest").stdout
    check_equal(ended, only_run(tmp_path / "whole"))
    files = ended.glob("train/events*")
    graphs = [path for path in files if b"placeholder" in path.read_bytes().lower()]
    assert len(graphs) == 1


def test_checkpoints_that_are_gone(call_experiment, ended):
    shutil.rmtree(ended / "checkpoints")
    as_if_killed(ended, 50)
    done = call_experiment("mlp", "--resume=latest")
    check_refused(done, 1, "checkpoints", "are gone", announced=True)


def test_damaged_checkpoints(call_experiment, train, ended, tmp_path):
    """The one before is used; if there is none, nothing is changed."""
    train("whole", "--steps=70", "--learning_rate=0.5")
    as_if_killed(ended)
    newest, older = sorted((ended / "checkpoints").glob("*.data*"), reverse=True)
    newest.write_bytes(newest.read_bytes()[:-1])
    done = train("logs", "--resume=latest")
    text = " ".join(done.stdout.split())
    assert "step-0000000070 is skipped" in text and "at step 50 of 70" in text
    check_equal(ended, only_run(tmp_path / "whole"))

    as_if_killed(ended)
    for path in (newest, older):
        path.write_bytes(b"")
    before = {path: path.read_bytes() for path in ended.rglob("*") if path.is_file()}
    done = call_experiment("mlp", "--resume=latest")
    assert done.code == 1 and "no checkpoint of" in done.stderr
    assert done.stderr.count("\n") == 1
    assert {path: path.read_bytes() for path in ended.rglob("*") if path.is_file()} == before


def test_curves_that_are_damaged_are_told(call_experiment, ended):
    as_if_killed(ended)
    (path,) = (ended / "train").iterdir()
    content = bytearray(path.read_bytes())
    content[content.index(b"\x04loss\x15") + 2] ^= 1  # the tag of a scalar
    content[content.index(b"Placeholder") + 1] ^= 1  # in the graph, which is written again
    path.write_bytes(content)
    done = call_experiment("mlp", "--resume=latest")
    assert done.code == 1 and read_graph(ended / "train") is not None
    assert f"the curves in {ended / 'train'} lack" in done.stderr
    found = record(ended)
    assert found["status"] == "completed" and found["summaries_lost"] == 2  # loss and accuracy


def test_a_diverged_run_does_not_diverge_again(call_experiment, ended):
    (ended / "run.json").write_text(json.dumps(record(ended) | {"status": "diverged"}))
    done = call_experiment("mlp", "--resume=latest", "--steps=90")
    check_refused(done, 1, "diverged after step 70", "--learning_rate")
