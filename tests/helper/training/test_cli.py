"""What can be wrong on the command line: one line, the right exit code, nothing written."""

from __future__ import annotations

import gzip
import io
import os
import re
import subprocess
import sys

import pytest

from tests import data_files
from tests.command_line import (
    check_refused,
    command,
    environment,
    only_run,
    record,
    runs,
    start,
)

BAD_FLAGS = {
    "unknown flag": (["--bogus=1"], "bogus"),
    "unknown flag, near miss": (["--learning_rat=1"], "learning_rat"),
    "argument without dashes": (["steps=5"], "steps=5"),
    "steps: zero": (["--steps=0"], "steps"),
    "steps: negative": (["--steps=-5"], "steps"),
    "steps: text": (["--steps=many"], "steps"),
    "steps: too many": (["--steps=99999999999"], "steps"),
    "steps: no value": (["--steps"], "steps"),
    "batch_size: zero": (["--batch_size=0"], "batch_size"),
    "learning_rate: zero": (["--learning_rate=0"], "learning_rate"),
    "learning_rate: negative": (["--learning_rate=-1"], "learning_rate"),
    "learning_rate: nan": (["--learning_rate=nan"], "learning_rate"),
    "learning_rate: inf": (["--learning_rate=inf"], "learning_rate"),
    "learning_rate: beyond float32": (["--learning_rate=1e40"], "learning_rate"),
    "seed: negative": (["--seed=-1"], "seed"),
    "seed: beyond int32": (["--seed=2147483648"], "seed"),
    "log_every: zero": (["--log_every=0"], "log_every"),
    "log_every: beyond float": (["--log_every=1" + "0" * 400], "log_every"),
    "eval_every: zero": (["--eval_every=0"], "eval_every"),
    "eval_every: beyond float": (["--eval_every=1" + "0" * 400], "eval_every"),
    "checkpoint_every: beyond float": (["--checkpoint_every=1" + "0" * 400], "checkpoint_every"),
    "dataset: unknown": (["--dataset=cifar"], "dataset"),
    "dataset and data_dir": (["--dataset=mnist_5k", "--data_dir=."], "--data_dir"),
    "flagfile: missing": (["--flagfile=missing.flags"], "missing.flags"),
    "flagfile: not text": (["--flagfile=bytes.flags"], "utf-8"),
    "flagfile: bad flag": (["--flagfile=bad.flags"], "bogus"),
    "logdir: line break": (["--logdir=x\n--seed=9"], "--logdir"),
    "logdir: not UTF-8": (["--logdir=x\udcff"], "--logdir"),
}


@pytest.mark.parametrize(("arguments", "said"), BAD_FLAGS.values(), ids=BAD_FLAGS)
def test_bad_flags(call_experiment, tmp_path, arguments, said):
    (tmp_path / "bytes.flags").write_bytes(b"\xff\xfe--steps=3\n")
    (tmp_path / "bad.flags").write_text("--bogus=1\n")
    before = sorted(tmp_path.iterdir())
    check_refused(call_experiment("softmax", *arguments), 2, said)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        ("hidden_layer", "--hidden_units=0"),
        ("hidden_layer", "--hidden_units=2000000000"),
        ("logistic", "--digit=10"),
        ("logistic", "--digit=-1"),
    ],
)
def test_bad_flags_of_one_experiment(call_experiment, tmp_path, name, argument):
    check_refused(call_experiment(name, argument), 2, argument.strip("-").split("=")[0])
    assert not list(tmp_path.iterdir())


def test_batch_larger_than_the_data(call_experiment, idx_directory, tmp_path):
    done = call_experiment("softmax", f"--data_dir={idx_directory}", "--batch_size=121")
    check_refused(done, 2, "--batch_size=121", "120 training examples")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "name", ["..", "../x", "/x", "a/b", ".hidden", "a b", "a" * 121, "ü", "a\tb", "-x"]
)
def test_run_names_that_are_no_plain_names(call_experiment, idx_directory, tmp_path, name):
    done = call_experiment(
        "softmax", f"--data_dir={idx_directory}", "--batch_size=20", f"--run_name={name}"
    )
    check_refused(done, 2, "name")
    assert not list(tmp_path.iterdir())


def _labels_outside(arrays):
    arrays[1] = arrays[1].copy()
    arrays[1][3] = 77
    return arrays


def _one_image_less(arrays):
    return [arrays[0][:-1], *arrays[1:]]


def _images_without_height(arrays):
    return [arrays[0].reshape(len(arrays[0]), -1), *arrays[1:]]


def _other_size(arrays):
    return [*arrays[:2], arrays[2][:, :3], arrays[3]]


def _no_test_images(arrays):
    return [*arrays[:2], arrays[2][:0], arrays[3][:0]]


@pytest.mark.parametrize(
    "spoil",
    [_labels_outside, _one_image_less, _images_without_height, _other_size, _no_test_images],
)
def test_data_of_a_wrong_form(call_experiment, tmp_path, spoil):
    data_files.write_idx_set(tmp_path / "data", spoil(data_files.small_arrays()))
    check_refused(call_experiment("softmax", "--data_dir=data", "--batch_size=5"), 1)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_data_that_cannot_be_read(call_experiment, tmp_path):
    check_refused(call_experiment("softmax", "--data_dir=missing"), 1, "missing")
    folder = tmp_path / "data"
    data_files.write_idx_set(folder, data_files.small_arrays())
    damaged = folder / data_files.NAMES[0]
    whole = damaged.read_bytes()
    for content in (b"", whole[:-1], whole + b"\0", b"\0" * 100):
        damaged.write_bytes(content)
        check_refused(call_experiment("softmax", "--data_dir=data"), 1, damaged.name)
    damaged.unlink()
    zipped = damaged.with_name(damaged.name + ".gz")
    zipped.write_bytes(gzip.compress(whole)[:-20])
    check_refused(call_experiment("softmax", "--data_dir=data"), 1, zipped.name)
    zipped.unlink()
    damaged.mkdir()
    check_refused(call_experiment("softmax", "--data_dir=data"), 1, damaged.name)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_log_directories_that_cannot_be_written(call_experiment, idx_directory, tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to("loop")
    before = sorted(tmp_path.rglob("*"))
    for logdir in ("file", "file/logs", "/dev/full", "/proc/logs", "loop", "a/" + "b" * 300):
        done = call_experiment(
            "softmax", f"--data_dir={idx_directory}", "--batch_size=20", f"--logdir={logdir}"
        )
        # What is wrong with these two shows when something is written there.
        late = logdir.startswith(("/proc", "a/"))
        said = "cannot write to the log directory", logdir, "--logdir"
        check_refused(done, 1, *said, announced=late)
    for logdir in ("~nobody_of_that_name/logs", "a[b]", "a\\b"):
        done = call_experiment(
            "softmax", f"--data_dir={idx_directory}", "--batch_size=20", f"--logdir={logdir}"
        )
        check_refused(done, 2, "--logdir")
    assert sorted(tmp_path.rglob("*")) == before


def test_experiment_directory_that_leads_out_of_the_log_directory(
    call_experiment, idx_directory, tmp_path
):
    (tmp_path / "logs").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "logs" / "softmax").symlink_to(tmp_path / "elsewhere")
    done = call_experiment("softmax", f"--data_dir={idx_directory}", "--batch_size=20")
    check_refused(done, 2, "leads out of the log directory")
    assert not list((tmp_path / "elsewhere").iterdir())


def test_bad_input_by_the_real_command_line(run_experiment, idx_directory, tmp_path):
    """What was tried above inside one process, in a process of its own."""
    check_refused(run_experiment("softmax", "--steps=0"), 2, "steps")
    (tmp_path / "file").write_text("")
    done = run_experiment("hidden_layer", "--batch_size=20", "--logdir=file")
    check_refused(done, 1, "cannot write to the log directory")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_model_that_does_not_fit_into_memory(call_experiment, idx_directory, tmp_path, monkeypatch):
    from helper import tf

    def no_memory(*_):
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor\nHint: …")

    monkeypatch.setattr(tf.Session, "run", no_memory)
    done = call_experiment("softmax", f"--data_dir={idx_directory}", "--batch_size=20")
    check_refused(done, 2, "memory", announced=True)
    assert not list(tmp_path.iterdir())


def test_help_names_the_flags_of_every_experiment(call_experiment):
    done = call_experiment("hidden_layer", "--help")
    assert done.code == 0
    for flag in ("--steps", "--hidden_units", "--resume", "--data_dir"):
        assert flag in done.stdout


def test_helpfull_names_every_flag(call_experiment):
    done = call_experiment("hidden_layer", "--helpfull")
    names = (
        "steps batch_size learning_rate seed log_every eval_every logdir run_name dataset data_dir "
        "hidden_units flagfile"
    )
    for name in names.split():
        assert re.search(rf"^ +--(\[no\])?{name}: ", done.stdout, re.MULTILINE), name
    assert done.stderr == ""


def test_changed_flags_name_the_run(call_experiment, idx_directory, tmp_path):
    arguments = [f"--data_dir={idx_directory}", "--steps=5", "--batch_size=20"]
    assert call_experiment("softmax", *arguments, "--learning_rate=0.5").code == 0
    assert call_experiment("softmax", *arguments, "--run_name=mine").code == 0
    first, second = runs(tmp_path / "logs")
    assert first.name.startswith("0001-")
    assert {"batch_size=20", "learning_rate=0.5"} == set(first.name[5:].split(","))
    assert second.name == "0002-mine"
    assert record(second)["flags"]["learning_rate"] == 0.1
    repeated = f"--flagfile={second / 'flags.txt'}"
    assert call_experiment("softmax", repeated, "--batch_size=10").code == 0
    assert runs(tmp_path / "logs")[2].name == "0003-batch_size=10"


def test_characters_that_the_terminal_lacks(call_experiment, idx_directory, monkeypatch):
    shown = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(shown, "ascii", "strict"))
    done = call_experiment("softmax", f"--data_dir={idx_directory}", "--steps=5", "--batch_size=20")
    sys.stdout.flush()
    assert (done.code, done.stderr) == (0, "")
    assert b"weight 30 \\xd7 10" in shown.getvalue()
    assert b"Total params: 310" in shown.getvalue()


def test_reader_of_the_output_has_gone(idx_directory, tmp_path):
    arguments = [f"--data_dir={idx_directory}", "--steps=100000", "--batch_size=20"]
    process = start("softmax", *arguments, "--eval_every=10", cwd=tmp_path)
    assert process.stdout and process.stderr
    while not process.stdout.readline().startswith("step: 10,"):
        pass
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(60) == 1
    assert record(only_run(tmp_path / "logs"))["status"] == "failed"


@pytest.mark.parametrize(
    ("redirection", "code", "said"),
    [
        (">&-", 1, "error: standard output is closed; redirect it to /dev/null to run without it"),
        ("2>&-", 0, ""),
        (">/dev/full", 1, "error: cannot write the output: No space left on device"),
        ("2>/dev/full", 0, ""),
    ],
)
def test_streams_that_cannot_be_written(idx_directory, tmp_path, redirection, code, said):
    arguments = [f"--data_dir={idx_directory}", "--steps=5", "--batch_size=20"]
    done = subprocess.run(
        ["bash", "-c", f'"$@" {redirection}', "bash", *command("softmax", *arguments)],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr.strip()) == (code, said)
    if code == 0:
        assert "Total params: 310" in done.stdout
        assert record(only_run(tmp_path / "logs"))["status"] == "completed"
    else:
        assert done.stdout == ""
        assert not runs(tmp_path / "logs")  # the first line comes before a run begins


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_output_on_a_full_disk(idx_directory, tmp_path, monkeypatch):
    """``python experiments/softmax.py > file`` where the file's disk is full."""
    from helper.training import cli

    with open("/dev/full", "w") as full, pytest.raises(SystemExit) as stop:
        monkeypatch.setattr(sys, "stdout", full)
        monkeypatch.setattr(sys, "argv", ["experiment.py"])

        def main(_):
            print("x", flush=True)

        cli.run(main)
    assert stop.value.code == 1
