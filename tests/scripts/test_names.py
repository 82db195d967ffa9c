"""Every script takes the same names of runs, and answers a typing mistake with those that exist."""

from __future__ import annotations

import pytest

from helper import command
from scripts import (
    aggregate_runs,
    clean_runs,
    compare_runs,
    diff_runs,
    plot_runs,
    project_run,
)
from tests.made_runs import make_run

# The arguments of a command before and after the name, and what its output shows of that run.
# None: the command needs more than one run.
COMMANDS = {
    "compare": (compare_runs, [], ["--csv", "-"], "softmax/0002-seed=1,"),
    "verdict": (compare_runs, ["--verdict"], ["softmax/1"], None),
    "aggregate": (aggregate_runs, [], [], None),
    "diff": (diff_runs, ["softmax/1"], [], "B  softmax/0002-seed=1 (completed)"),
    "list": (clean_runs, ["list"], [], "softmax/0002-seed=1 "),
    "rename": (clean_runs, ["rename"], ["new"], "softmax/0002-seed=1 → 0002-new"),
    "project": (project_run, [], [], None),
    "plot": (plot_runs, [], ["--metric=accuracy", "--out=curve.svg"], "wrote curve.svg"),
}


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    """call(script, "softmax/2", …): its exit code, and what it wrote."""
    for name in ("softmax/0001", "softmax/0002-seed=1", "mlp/0001"):
        make_run(tmp_path / "logs" / name, curve={0: 0.1, 10: 0.5})
    monkeypatch.chdir(tmp_path)

    def main(script, *arguments):
        code = command.run(lambda: script.main(arguments))
        return code, *capsys.readouterr()

    return main


@pytest.mark.parametrize("name", ["softmax/2", "softmax/latest", "logs/softmax/0002"])
@pytest.mark.parametrize(
    ("script", "before", "after", "shown"),
    [case for case in COMMANDS.values() if case[3]],
    ids=[name for name, case in COMMANDS.items() if case[3]],
)
def test_names(call, script, before, after, shown, name):
    code, out, err = call(script, *before, name, *after)
    assert (code, err) == (0, "") and shown in out
    assert "softmax/0001," not in out and "mlp" not in out


@pytest.mark.parametrize(
    ("script", "before", "after", "shown"), COMMANDS.values(), ids=COMMANDS.keys()
)
def test_a_typing_mistake(call, script, before, after, shown):
    code, out, err = call(script, *before, "sofmax/2", *after)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("error: sofmax/2 matches no run, neither here nor in logs; did you mean ")
    assert "softmax/0002-seed=1" in err
