from __future__ import annotations

import re
import subprocess
import sys

import pytest

from scripts import diff_runs
from tests.command_line import script
from tests.made_runs import SECOND, graph, make_run, write_events


def diff(logdir, *arguments):
    return script(diff_runs.main, "--logdir", logdir, *arguments)


@pytest.fixture
def logs(tmp_path):
    make_run(tmp_path / "softmax" / "0001")
    make_run(tmp_path / "softmax" / "0002")
    make_run(tmp_path / "softmax" / "0003", learning_rate=0.5)
    return tmp_path


def test_difference(logs):
    done = diff(logs, "softmax/0001", "softmax/0003")
    assert re.search("learning_rate +0.1 +0.5", done.stdout)
    assert done.stderr == ""


def test_no_difference(logs):
    assert "no difference" in diff(logs, "softmax/0001", "softmax/0002").stdout
    assert (
        "no difference" in diff(logs, "softmax/0001", "softmax/0003", "--only", "graph,data").stdout
    )


def test_metrics_side_by_side(logs):
    make_run(logs / "softmax" / "0004", 0.95)
    done = diff(logs, "softmax/0001", "softmax/0004")
    assert re.search(r"metrics +A +B +B − A +B is", done.stdout)
    assert re.search(r"\n test/accuracy +0\.9000 +0\.9500 +\+0\.0500 +better", done.stdout)
    assert re.search(r"\n best/test/accuracy +0\.9000 +0\.9500", done.stdout)
    done = diff(logs, "softmax/0004", "softmax/0003", "--only", "metrics")
    assert "-0.0500  worse" in done.stdout and "learning_rate" not in done.stdout
    assert "no difference" in diff(logs, "softmax/1", "softmax/3", "--only", "metrics").stdout


def test_metrics_without_a_direction_or_a_value(logs):
    make_run(logs / "softmax" / "0004", None)
    done = diff(logs, "softmax/0001", "softmax/0004", "--only=metrics")
    assert re.search(r"test/accuracy +0\.9000 +– +– *\n", done.stdout)
    assert "B is" not in done.stdout


def test_a_note_and_layers_are_differences(logs):
    make_run(logs / "softmax" / "0004", note="warmer", layers=[20, 10])
    make_run(logs / "softmax" / "0005", note="colder", layers=[])
    shown = diff(logs, "softmax/4", "softmax/5").stdout
    assert re.search(r"note +warmer +colder", shown)
    assert re.search(r"layers +20,10 +none", shown)


def test_long_values_fit_a_terminal(logs, monkeypatch):
    make_run(logs / "softmax" / "0004", sha256="cd" * 32, layers="1234567890" * 20)
    whole = diff(logs, "softmax/1", "softmax/4").stdout
    assert "1234567890" * 20 in whole and "cd" * 32 in whole
    monkeypatch.setattr(diff_runs.tables, "terminal_width", lambda: 80)
    done = diff(logs, "softmax/1", "softmax/4")
    tables = done.stdout.partition("look at it:")[0]
    assert all(len(line) <= 80 for line in tables.splitlines())
    assert re.search(r"sha256 +[ab]+…[ab]+ +[cd]+…[cd]+ ", done.stdout)


def test_what_someone_else_wrote_is_shown_literally(logs):
    path = make_run(logs / "softmax" / "0004", **{"\x1b[31mflag": "[/bold]\x07"})
    write_events(path, graph(**{"a\x1b[2J": "Odd"}), second=SECOND + 1)
    done = diff(logs, "softmax/0001", "softmax/0004")
    assert re.search(r"\\x1b\[31mflag +– +\[/bold\]\\x07", done.stdout)
    assert r"+ a\x1b[2J  Odd" in done.stdout.splitlines()
    assert not set(done.stdout) & {"\x1b", "\x07"}


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["softmax/0001", "softmax/0009"], "matches no run"),
        (["softmax", "softmax/0001"], "matches 3 runs"),
        (["softmax/0001"], "required: B"),
        (["softmax/0001", "softmax/0002", "--only", "weights"], "unknown section 'weights'"),
        (["softmax/0001", "softmax/0002", "--only", ""], "unknown section ''"),
    ],
)
def test_a_mistake_is_one_line(logs, arguments, message):
    done = diff(logs, *arguments)
    assert done.code == 2
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
    assert message in done.stderr


def test_runs_as_a_command_from_anywhere(logs):
    words = [sys.executable, diff_runs.__file__, "softmax/0001", "softmax/0002", "--logdir", "."]
    done = subprocess.run(words, cwd=logs, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-3] == "no difference"
