"""Groups of seeds, as the command line has them."""

from __future__ import annotations

import pytest

from helper.board import groups
from helper.comparing.comparison import group
from helper.runs import listing
from tests.made_runs import make_run


@pytest.fixture
def logdir(tmp_path):
    number = 0
    for experiment in ("softmax", "mlp"):
        for learning_rate in (0.1, 0.5, 1, 1.0):
            for seed in (1, 2):
                number += 1
                more = {"layers": [1, 2]} if experiment == "mlp" else {}
                path = tmp_path / experiment / f"{number:04d}"
                make_run(path, learning_rate=learning_rate, seed=seed, note=str(number), **more)
    make_run(tmp_path / "softmax/0099", sha256="cd" * 32)
    (make_run(tmp_path / "softmax/0100") / "run.json").write_text("{")
    return tmp_path


def test_equal_keys_are_the_groups_of_the_command_line(logdir) -> None:
    runs = listing.find(logdir)
    found = groups.members(runs)
    assert all(found[run.name].key == groups.key(run) for run in runs)
    by_key: dict[str, set[str]] = {}
    for run in runs:
        if run.record:
            by_key.setdefault(found[run.name].key, set()).add(run.name)
    expected = [{run.name for run in g.runs} for g in group(runs, ["-seed"])]
    assert sorted(map(sorted, by_key.values())) == sorted(map(sorted, expected))
    assert found["softmax/0100"] == ("run:softmax/0100", "softmax/0100")


def test_a_key_stays_when_other_runs_come(logdir) -> None:
    before = groups.members(listing.find(logdir))
    make_run(logdir / "softmax/0200", new_setting=3)
    after = groups.members(listing.find(logdir))
    assert {name: after[name].key for name in before} == {n: m.key for n, m in before.items()}


def test_labels_say_what_differs(logdir) -> None:
    found = groups.members([r for r in listing.find(logdir) if "0099" not in r.name])
    assert found["softmax/0001"].label == "softmax learning_rate=0.1"
    assert found["mlp/0013"].label == "mlp learning_rate=1"
    labels = {member.label: member.key for member in found.values()}
    assert len(labels) == len(set(labels.values())) == 7


def test_runs_without_a_seed(tmp_path) -> None:
    path = make_run(tmp_path / "old/0001")
    path.joinpath("run.json").write_text(
        path.joinpath("run.json").read_text().replace('"seed": 0', '"other": 0', 1)
    )
    assert groups.members(listing.find(tmp_path))["old/0001"].label == "old"
