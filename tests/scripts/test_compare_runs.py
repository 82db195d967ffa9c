from __future__ import annotations

import csv
import io
import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from scripts import compare_runs
from tests.command_line import script
from tests.made_runs import make_run, scalar, write_events

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "compare_runs.py"


def compare(logdir, *arguments):
    return script(compare_runs.main, "--logdir", logdir, *arguments)


def output(logdir, *arguments):
    done = compare(logdir, *arguments)
    assert (done.code, done.stderr) == (0, "")
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


def test_each_experiment_is_a_table_and_top_counts_over_all(logs):
    make_run(logs / "logistic" / "0001", 0.952, digit=1)
    assert output(logs).index("logistic") < output(logs).index("softmax")
    shown = output(logs, "--sort", "test/accuracy", "--top", "2")
    assert shown.index("softmax") < shown.index("logistic")
    assert re.search(r"\n 0004 ", shown) and not re.search(r"\n 000[23] ", shown)
    assert column(output(logs, "--sort=test/accuracy", "--top=2", "--csv=-"), "name") == [
        "softmax/0004",
        "logistic/0001",
    ]


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
    assert done.code == 0
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


def trained(logdir, experiment, number, seed=0, rate=0.1, **settings):
    """A run with an accuracy of its own."""
    label = np.arange(1000) % 10
    right = 900 + 40 * (rate == 0.5) + (37 * seed + 11 * number) % 13
    make_run(
        logdir / experiment / f"{number:04d}",
        right / 1000,
        None,
        np.where(np.arange(1000) < right, label, (label + 1) % 10),
        settings.pop("label", label),
        learning_rate=rate,
        seed=seed,
        **settings,
    )


def test_the_verdict_of_the_readme(tmp_path):
    """After its quickstart, its single runs of every experiment, and its sweep."""
    pytest.importorskip("scipy", reason="verdicts need the extra [compare]")
    trained(tmp_path, "hidden_layer", 1, steps=30_000, hidden_units=625)
    trained(tmp_path, "softmax", 1, steps=20_000)
    trained(tmp_path, "logistic", 1, steps=20_000, digit=8, label=np.zeros(1000, int))
    trained(tmp_path, "hidden_layer", 2, steps=60_000, hidden_units=625)
    trained(tmp_path, "hidden_layer", 3, 1, 0.5, steps=20_000, hidden_units=100)
    trained(tmp_path, "hidden_layer", 4, steps=20_000, hidden_units=625, xla=True)
    trained(tmp_path, "mlp", 1, 0, 0.001, steps=20_000, layers=[256, 128])
    for seed in range(1, 6):
        trained(tmp_path, "softmax", 1 + seed, seed, steps=20_000)
        trained(tmp_path, "softmax", 6 + seed, seed, 0.5, steps=20_000)
    for sides in (["learning_rate=0.1", "learning_rate=0.5"], ["learning_rate"]):
        shown = output(tmp_path, "--verdict", *sides).splitlines()
        assert shown[0].startswith(
            "runs: 5 on each side (seeds 1 to 5), experiment=softmax; left out: "
            "softmax/0001 (a seed that not all sides have), "
        )
        assert shown[1:3] == ["first:  learning_rate=0.1", "second: learning_rate=0.5"]
        assert "5 pairs of runs with the same seed" in shown[4]
        assert shown[5] == "verdict: the second is better"


def test_ranking(logs):
    pytest.importorskip("scipy", reason="verdicts need the extra [compare]")
    for seed in (1, 2):
        trained(logs, "softmax", 10 + seed, seed, rate=0.3)
    settings = [f"learning_rate={rate}" for rate in (0.1, 0.5, 0.3)]
    for sides in (settings, ["learning_rate"]):
        shown = output(logs, "--verdict", *sides)
        assert shown.startswith("runs: 2 on each side (seeds 1, 2), experiment=softmax\n")
        assert re.search(r"^ 1 +learning_rate=0.5 +2 +95.25 +± 0.35", shown, re.M)
        assert re.search(r"^ 1 – 3 +\+\d\.\d+ ", shown, re.M)
        assert "verdict: best: learning_rate=0.5" in shown


def test_no_difference_says_what_could_be_seen(logs):
    pytest.importorskip("scipy", reason="verdicts need the extra [compare]")
    shown = output(logs, "--verdict", "softmax/0003", "softmax/0004")
    assert "these runs cannot show any difference at 95% confidence\n" in shown
    shown = output(logs, "--verdict", "softmax/0001", "softmax/0002", "--confidence=0.9999")
    assert "with 80% power at 99.99% confidence" not in shown  # ten images are too few
    for number, seed, rate in ((11, 1, 0.2), (12, 2, 0.2), (13, 1, 0.3), (17, 2, 0.3)):
        trained(logs, "mlp", number, seed, rate)
    shown = output(logs, "--verdict", "learning_rate=0.2", "learning_rate=0.3")
    assert re.search(r"80% power at 95% confidence is \d+\.\d\d points; about [\d,]+ seeds", shown)


def test_without_scipy(logs, monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy", None)
    trained(logs, "softmax", 5, 1, rate=0.3)
    trained(logs, "softmax", 6, 2, rate=0.3)
    pair = ["learning_rate=0.1", "learning_rate=0.5"]
    for sides in (["softmax/0001", "softmax/0003"], pair, ["learning_rate"]):
        done = compare(logs, "--verdict", *sides)
        assert done.code == 1
        assert done.stderr == "error: a verdict needs SciPy: pip install -e '.[compare]'\n"


def test_where_holds_for_the_named_sides_of_a_verdict(logs):
    pytest.importorskip("scipy", reason="verdicts need the extra [compare]")
    sides = ["--verdict", "softmax/000[12]", "softmax/000[34]"]
    assert "2 pairs" in output(logs, *sides)
    assert "McNemar" in output(logs, *sides, "--where", "seed=2")
    done = compare(logs, "--verdict", "softmax/0001", "softmax/0004", "--where", "seed=1")
    assert (done.code, done.stderr) == (2, "error: softmax/0004 matches none of the chosen runs\n")
    done = compare(logs, "--verdict", "seed=1", "seed=2", "--where", "learning_rate=0.1")
    assert "McNemar" in done.stdout


def test_confidence_of_a_verdict(logs):
    pytest.importorskip("scipy", reason="verdicts need the extra [compare]")
    sides = ["--verdict", "softmax/0003", "softmax/0004"]  # p = 0.0625
    assert "95% interval" in output(logs, *sides)
    shown = output(logs, *sides, "--confidence", "0.9")
    assert "90% interval" in shown and "the second is better" in shown


def test_a_metric_that_is_text_has_no_mean(logs):
    shown = output(logs, "--metric", "status", "--group_by=-seed", "--csv", "-")
    assert column(shown, "± status") == ["", ""] and column(shown, "n") == ["2", "2"]


def test_several_files_at_once(logs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = compare(logs, "--csv", "a.csv", "--markdown", "a.md", "--points", "-")
    assert done.code == 0 and done.stdout.startswith("name,tag,step")
    assert done.stderr == "wrote a.csv\nwrote a.md\n"
    assert Path("a.csv").read_text().startswith("name,learning_rate,seed")
    assert Path("a.md").read_text().startswith("| name |")


@pytest.mark.parametrize(
    "first, second", [("-", "-"), ("a", "a"), ("a", "./a"), ("a", "link"), ("a", "no/../a")]
)
def test_one_output_for_each_file(logs, tmp_path, monkeypatch, first, second):
    monkeypatch.chdir(tmp_path)
    Path("link").symlink_to("a")
    done = compare(logs, f"--csv={first}", f"--json={second}")
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr == f"error: --csv and --json cannot both write to {second}\n"
    assert not Path("a").exists()


# What someone else's log directory may hold, and how its name is shown.
AWKWARD = {
    "\x1b]0;owned\x07": r"\x1b]0;owned\x07",
    r"x\[/bold]": r"x\[/bold]",
    "[red]": "[red]",
    os.fsdecode(b"not-utf-8-\xff"): r"not-utf-8-\udcff",
    "line\nbreak": r"line\nbreak",
    "=1+1": "=1+1",
    "$^$": "$^$",
}


@pytest.fixture
def awkward(tmp_path):
    for name in AWKWARD:
        write_events(tmp_path / "logs" / name, scalar(1, {"loss": 1.0}), scalar(2, {"loss": 2.0}))
    return tmp_path / "logs"


def test_awkward_names_on_the_terminal(awkward):
    shown = output(awkward)
    assert all(name in shown for name in AWKWARD.values())
    assert not set(shown) & {"\x1b", "\x07"}
    done = compare(awkward, "--verdict", *list(AWKWARD)[:2])
    assert done.code == 2 and "\x1b" not in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize("flag", ["--csv", "--markdown", "--json", "--points", "--html"])
def test_awkward_names_in_files(awkward, tmp_path, flag):
    done = compare(awkward, flag, tmp_path / "file")
    assert (done.code, done.stderr.count("\n")) == (0, 1)
    text = (tmp_path / "file").read_text()
    assert not set(text) & {"\x1b", "\x07"}
    if flag in ("--csv", "--points"):
        shown = {row["name"] for row in csv.DictReader(io.StringIO(text))}
        assert shown == {"'=1+1" if name == "=1+1" else name for name in AWKWARD.values()}
    elif flag == "--json":
        assert {run["name"] for run in json.loads(text)["runs"]} == set(AWKWARD)


def test_damage_is_noted(logs):
    (file,) = (logs / "softmax" / "0002" / "test").iterdir()
    file.write_bytes(file.read_bytes().replace(b"accuracy", b"accurazy", 1))
    done = compare(logs, "--target", "0.9")
    assert done.code == 0 and "0001" in done.stdout
    assert done.stderr.startswith("note: ") and done.stderr.count("\n") == 1


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
        (["--where", "(" * 20_000 + "seed<1" + ")" * 20_000], "100 deep"),
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
    assert done.code in (1, 2)
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
