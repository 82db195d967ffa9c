from __future__ import annotations

import csv
import io
import json
import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.made_runs import make_run

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "compare_runs.py"


def compare(logdir, *arguments):
    return subprocess.run(
        [sys.executable, SCRIPT, "--logdir", logdir, *arguments], capture_output=True, text=True
    )


def output(logdir, *arguments):
    done = compare(logdir, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture
def logs(tmp_path):
    label = np.arange(1000) % 10
    for number, (rate, seed, right) in enumerate(
        [(0.1, 1, 900), (0.1, 2, 910), (0.5, 1, 950), (0.5, 2, 955)], 1
    ):
        make_run(
            tmp_path / "softmax" / f"{number:04d}",
            right / 1000,
            {0: 0.1, 50: math.nan, 100: right / 1000},
            np.where(np.arange(1000) < right, label, (label + 1) % 10),
            label,
            learning_rate=rate,
            seed=seed,
        )
    return tmp_path


def column(text, name):
    return [row[name] for row in csv.DictReader(io.StringIO(text))]


def test_table(logs):
    shown = output(logs)
    assert re.search(r"0003 +0.5 +1 +0.9500", shown)
    assert "completed" in shown


def test_best_first_top_and_where(logs):
    shown = output(logs, "--sort", "test/accuracy", "--top", "3", "--csv", "-")
    assert column(shown, "name") == ["softmax/0004", "softmax/0003", "softmax/0002"]
    shown = output(logs, "--where", "seed=1 and learning_rate<0.5", "--csv", "-")
    assert column(shown, "name") == ["softmax/0001"]


def test_groups_sorted_by_their_mean(logs):
    shown = output(logs, "--group_by=-seed", "--sort=test/accuracy", "--csv", "-")
    assert column(shown, "learning_rate") == ["0.5", "0.1"]
    assert column(shown, "n") == ["2", "2"]
    assert [float(x) for x in column(shown, "test/accuracy")] == pytest.approx([0.9525, 0.905])


def test_exports_hold_every_point(logs, tmp_path):
    found = json.loads(output(logs, "softmax/0001", "--json", "-"))
    curve = found["runs"][0]["curves"]["test/accuracy"]
    assert curve["step"] == [0, 50, 100]
    assert curve["value"][1] == "NaN"
    assert found["runs"][0]["record"]["parameter_count"] == 7850
    points = output(logs, "--points", "-")
    assert column(points, "step") == ["0", "50", "100"] * 4
    markdown = output(logs, "--markdown", "-")
    assert markdown.splitlines()[2].startswith("| softmax/0001 | 0.1 | 1 | 0.9000 |")


def test_html_is_written(logs, tmp_path):
    done = compare(logs, "--html", tmp_path / "report.html")
    assert done.returncode == 0
    assert (tmp_path / "report.html").read_text().startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    "first, second, verdict",
    [
        ("softmax/0001", "softmax/0003", "the second is better"),
        ("softmax/0003", "softmax/0001", "the second is worse"),
        ("softmax/0003", "softmax/0004", "no difference that these runs can show"),  # 5 of 5
        ("learning_rate=0.1", "learning_rate=0.5", "the second is better"),
    ],
)
def test_verdict(logs, first, second, verdict):
    pytest.importorskip("scipy", reason="verdicts need the extra [compare]")
    assert f"verdict: {verdict}" in output(logs, "--verdict", first, second)


def test_a_broken_pipe_is_no_error(logs):
    command = f"{sys.executable} {SCRIPT} --logdir {logs} --points - | head -c 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert done.stderr == ""


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["nothing"], "matches no run"),
        (["--logdir", "/nowhere"], "no log directory"),
        (["--where", "seed<"], "--where"),
        (["--where", "sead<1"], "did you mean seed"),
        (["--sort", "speed"], "no run has a field 'speed'"),
        (["--metric", "test/accurracy"], "did you mean"),
        (["--group_by", "seeds"], "did you mean seed"),
        (["--top", "0"], "--top"),
        (["--top", "many"], "--top"),
        (["--confidence", "95"], "--confidence"),
        (["--nonsense"], "--nonsense"),
        (["--verdict", "softmax/0001", "softmax/0009"], "matches no run"),
        (["--csv", "/nowhere/table.csv"], "cannot write"),
    ],
)
def test_a_mistake_is_one_line(logs, arguments, message):
    done = compare(logs, *arguments)
    assert done.returncode in (1, 2)
    assert done.stdout == ""
    assert re.fullmatch(r"error: [^\n]+\n", done.stderr)
    assert message in done.stderr


def test_nothing_heavy_is_imported_for_a_table(logs):
    code = (
        "import sys; sys.argv = ['compare_runs.py', '--logdir', sys.argv[1]]\n"
        f"import runpy\ntry: runpy.run_path({str(SCRIPT)!r}, run_name='__main__')\n"
        "except SystemExit: pass\n"
        "print([name for name in ('tensorflow', 'scipy', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, logs], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"
