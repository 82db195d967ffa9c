"""One bad run never stops a command over many, and the good ones are shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hostile import bad_runs
from tests.hostile.place import Case, check

NOTES = "^((note: |wrote )[^\n]+\n)*$"
BAD = {**bad_runs.RECORDS, **bad_runs.FILES, **bad_runs.NAMES}
# What is asked of many runs, what it shows of the good ones, what it may write.
COMMANDS = {
    "table": ("compare_runs.py", "(?s)(?=.*\nmlp .*\n 0001 )(?=.*\n softmax/0002)", ()),
    "page": ("compare_runs.py --html=page.html", "", ("page.html",)),
    "data": ("compare_runs.py --json=runs.json --points=points.csv", "", ("runs.json", "p*.csv")),
    "condition": ("compare_runs.py --csv=- --where='seed=1 and steps>1'", "softmax/0002", ()),
    "groups": ("compare_runs.py --group_by=-seed", "softmax", ()),
    "verdict": ("compare_runs.py --verdict softmax/2 mlp/1", "accuracy", ()),
    "clean": ("clean_runs.py list --older_than=1d --shorter_than=1000", "mlp/0001", ()),
    "remove": ("clean_runs.py remove --status=diverged", "no runs", ()),
    "plot": ("plot_runs.py '*' --out=plot.svg --metric=accuracy", "wrote", ("plot.svg",)),
    "aggregate": ("aggregate_runs.py", "logs_aggregate/softmax", ("logs_aggregate*",)),
    "diff": ("diff_runs.py softmax/0002 mlp/1", "seed", ()),
    "sweep": ("sweep.py {root}/experiments/mlp.py --dry_run --seed=2,3", "--seed=3", ()),
}


@pytest.mark.parametrize("command", ["compare_runs.py --csv=-", "clean_runs.py list"])
@pytest.mark.parametrize("bad", BAD)
def test_one_bad_run(server, folder, bad, command):
    shows = "mlp/0001(.|\n)*softmax/0002-seed=1"
    done = check(Case(bad, BAD[bad], f"scripts/{command}", 0, NOTES, shows), server, folder)
    assert done.megabytes < 700 and done.seconds < 20


@pytest.mark.parametrize("command", COMMANDS)
def test_all_the_bad_runs(server, folder, tmp_path_factory, pytestconfig, command):
    bad_runs.make_all(folder, tmp_path_factory)
    words, shows, changes = COMMANDS[command]
    words = "scripts/" + words.format(root=pytestconfig.rootpath)
    done = check(Case(command, None, words, 0, NOTES, shows, changes), server, folder)
    assert done.megabytes < 900 and done.seconds < 40
    assert not (Path(folder) / "escape").exists()
