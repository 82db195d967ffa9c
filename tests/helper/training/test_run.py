"""Whole runs, as a user makes them: what they print, what they leave, how they end."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest

from helper import tf
from helper.graph.fused import FusedSteps
from helper.runs import events
from tests.command_line import curve, finish, only_run, record, runs, start

FLAGS = ["--steps=60", "--batch_size=50", "--log_every=10", "--eval_every=30"]
HIDDEN = [*FLAGS, "--hidden_units=8", "--learning_rate=0.5"]


def weights(run: Path) -> dict[str, bytes]:
    """Every variable of the newest checkpoint, bit for bit."""
    prefix = sorted((run / "checkpoints").glob("*.index"))[-1].with_suffix("")
    reader = tf.train.load_checkpoint(str(prefix))
    return {name: reader.get_tensor(name).tobytes() for name in reader.get_variable_to_shape_map()}


def test_equal_seeds_are_equal_in_processes_that_start_together(
    idx_directory, tmp_path, call_experiment
):
    arguments = [f"--data_dir={idx_directory}", *HIDDEN]
    processes = [
        start("hidden_layer", *arguments, f"--seed={seed}", cwd=tmp_path) for seed in (5, 5, 6)
    ]
    ends = [finish(process) for process in processes]
    assert [(code, stderr) for code, _, stderr in ends] == [(0, "")] * 3

    # Three directories with three numbers, each of them whole.
    made = runs(tmp_path / "logs")
    assert [run.name[:4] for run in made] == ["0001", "0002", "0003"]
    records = {run: record(run) for run in made}
    one, two = (run for run in made if records[run]["seed"] == 5)
    (other,) = (run for run in made if records[run]["seed"] == 6)
    assert {found["status"] for found in records.values()} == {"completed"}

    assert weights(one) == weights(two)
    assert records[one]["final"] == records[two]["final"]
    for split in ("train", "test"):
        for tag in ("loss", "accuracy"):
            assert curve(one, split, tag) == curve(two, split, tag)
    assert not set(weights(one).items()) & set(weights(other).items()) - {
        item for item in weights(one).items() if item[0] == "train/global_step"
    }
    assert curve(one, "test", "loss")[0] != curve(other, "test", "loss")[0]  # other first weights
    check_what_is_printed(ends[0][1])
    check_what_is_left(one, records[one])

    # The run's own flag file replays it, whatever directory that happens in.
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = call_experiment(
        "hidden_layer", f"--flagfile={one / 'flags.txt'}", f"--logdir={elsewhere}"
    )
    assert (done.code, done.stderr) == (0, "")
    replayed = only_run(elsewhere)
    assert record(replayed)["final"] == records[one]["final"]
    assert weights(replayed) == weights(one)


def check_what_is_printed(stdout: str) -> None:
    assert "Total params: 338" in stdout  # 30 · 8 + 8 + 8 · 10 + 10
    steps = re.findall(r"^step: (\d+), train-acc: \d\.\d+, test-acc: \d\.\d+$", stdout, re.M)
    assert steps == ["0", "30", "60"]
    for words in ("test/accuracy", "train/accuracy", "steps/s"):
        assert words in stdout
    assert re.search(r"^run directory: logs/hidden_layer/000\d", stdout, re.M)
    assert "tensorboard --logdir logs\n" in stdout
    assert stdout.splitlines()[-1].endswith("#timeseries")


def check_what_is_left(run: Path, found: dict) -> None:
    assert found["format"] == 2 and found["experiment"] == "hidden_layer"
    assert found["name"] == run.name and found["argv"][1:][-1] == "--seed=5"
    assert (found["step"], found["steps"], found["seed"]) == (60, 60, 5)
    assert found["parameter_count"] == 338
    assert found["parameters"]["hidden/weight"] == [30, 8]
    assert found["data"]["name"] == "tiny" and re.fullmatch("[0-9a-f]{64}", found["data"]["sha256"])
    assert (found["data"]["train"], found["data"]["test"]) == (120, 50)
    assert set(found["versions"]) == {"python", "tensorflow", "numpy", "tensorboard"}
    assert found["seconds"] > 0 and found["steps_per_second"] > 0
    assert found["started"] <= found["ended"]
    assert found["summaries_lost"] == 0
    assert {"test/accuracy", "test/loss", "train/accuracy", "train/loss"} <= set(found["final"])
    accuracies = dict(curve(run, "test", "accuracy"))
    best = found["best"]["test/accuracy"]
    regular = [accuracies[step] for step in (0, 30, 60)]
    assert best["value"] == pytest.approx(max(regular))
    assert accuracies[best["step"]] == pytest.approx(best["value"])

    assert [step for step, _ in curve(run, "train", "loss")] == [0, 10, 20, 30, 40, 50, 60]
    assert [step for step, _ in curve(run, "test", "loss")] == [0, 1, 2, 5, 10, 20, 30, 60]
    assert set(events.read_scalars(run / "train")) == {"loss", "accuracy"}
    results = ("best accuracy", "best loss", "train accuracy", "train loss")
    assert set(events.read_scalars(run / "test")) == {
        "loss",
        "accuracy",
        *(f"results/{name}" for name in results),
    }
    graph = events.read_run_graph(run)
    assert graph is not None and graph.ByteSize() < 100_000
    assert sum(path.stat().st_size for path in run.rglob("*") if path.is_file()) < 5_000_000

    flags = (run / "flags.txt").read_text().splitlines()
    assert {"--hidden_units=8", "--seed=5", "--steps=60"} <= set(flags)
    assert all(re.fullmatch(r"--\w+(=.*)?", line) for line in flags)
    assert not any(line.startswith(("--verbosity", "--log_dir", "--pdb")) for line in flags)
    with np.load(run / "predictions.npz", allow_pickle=False) as arrays:
        right = arrays["predicted"] == arrays["label"]
    assert right.mean() == pytest.approx(found["final"]["test/accuracy"])
    assert not list(run.rglob(".*"))  # no temporary file


def test_step_0_is_logged_before_any_update(call_experiment, idx_directory, tmp_path):
    call_experiment("softmax", f"--data_dir={idx_directory}", *FLAGS)
    run = only_run(tmp_path / "logs")
    for split in ("train", "test"):
        step, loss = curve(run, split, "loss")[0]
        assert step == 0 and loss == pytest.approx(np.log(10), rel=1e-6)


def test_a_point_of_the_training_curve_is_the_mean_since_the_one_before(
    call_experiment, idx_directory, tmp_path
):
    for every in (1, 7):
        call_experiment("softmax", f"--data_dir={idx_directory}", *FLAGS, f"--log_every={every}")
    steps, means = (dict(curve(run, "train", "loss")) for run in runs(tmp_path / "logs"))
    # Metrics are those before the update: of the value at step 1, and of step 0, both the first.
    assert steps[0] == steps[1] == means[0]
    assert list(means) == [0, 7, 14, 21, 28, 35, 42, 49, 56, 60]
    for first, last in zip(list(means)[:-1], list(means)[1:], strict=True):
        mean = np.mean([steps[step] for step in range(first + 1, last + 1)])
        assert means[last] == pytest.approx(mean, rel=1e-6)


def test_how_often_it_is_looked_at_changes_nothing(call_experiment, idx_directory, tmp_path):
    for extra in ([], ["--log_every=3", "--eval_every=7"]):
        call_experiment("softmax", f"--data_dir={idx_directory}", *FLAGS, *extra)
    one, two = runs(tmp_path / "logs")
    assert weights(one) == weights(two)
    assert record(one)["final"] == record(two)["final"]


def test_the_logistic_answers_that_are_kept(call_experiment, idx_directory, tmp_path):
    """An answer of 1 says "yes": it is right where the label is the digit, here 3."""
    done = call_experiment(
        "logistic", f"--data_dir={idx_directory}", *FLAGS, "--digit=3", "--steps=300"
    )
    for words in ("base rate", "precision", "recall", "F1"):
        assert f"test/two-class/{words}" in done.stdout
    run = only_run(tmp_path / "logs")
    with np.load(run / "predictions.npz", allow_pickle=False) as arrays:
        right = arrays["predicted"] == arrays["label"]
    final = record(run)["final"]
    assert final["test/two-class/base rate"] == pytest.approx(0.9)
    assert final["test/accuracy"] > 0.95
    assert right.mean() == pytest.approx(final["test/accuracy"])


def test_memory_that_is_not_enough(call_experiment, idx_directory, tmp_path, monkeypatch):
    def run(*_):
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating a tensor")

    monkeypatch.setattr(FusedSteps, "run", run)
    done = call_experiment("softmax", f"--data_dir={idx_directory}", *FLAGS)
    assert (done.code, done.stderr.count("\n")) == (2, 1)
    assert "error: the model does not fit into memory" in done.stderr
    assert record(only_run(tmp_path / "logs"))["status"] == "failed"


def test_a_batch_of_the_whole_data_set(call_experiment, idx_directory, tmp_path):
    done = call_experiment(
        "softmax", f"--data_dir={idx_directory}", "--batch_size=120", "--steps=20"
    )
    assert (done.code, done.stderr) == (0, "")
    run = only_run(tmp_path / "logs")
    assert record(run)["final"]["train/loss"] < curve(run, "train", "loss")[-1][1]


@pytest.mark.skipif(not importlib.util.find_spec("mlxtend"), reason="needs mlxtend")
@pytest.mark.parametrize("name", ["softmax", "hidden_layer", "logistic"])
def test_real_learning(call_experiment, tmp_path, name):
    floors = {"softmax": (600, 0.87), "hidden_layer": (600, 0.85), "logistic": (600, 0.98)}
    steps, floor = floors[name]
    done = call_experiment(name, "--dataset=mnist_5k", f"--steps={steps}")
    assert (done.code, done.stderr) == (0, "")
    assert record(only_run(tmp_path / "logs"))["final"]["test/accuracy"] >= floor
