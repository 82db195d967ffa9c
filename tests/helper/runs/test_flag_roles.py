from __future__ import annotations

import pytest

from helper.runs.flag_roles import SHARED, Change, role
from tests import experiment_modules

OWN = {
    "softmax": set(),
    "logistic": {"digit"},
    "hidden_layer": {"hidden_units"},
    "edges": {"strength"},
    "mlp": {"layers", "activation", "initializer", "output", "dropout", "optimizer", "l2"}
    | {"normalize"},
}


@pytest.mark.parametrize("experiment", OWN)
def test_every_flag_that_experiments_share_is_in_the_table(experiment):
    from helper.training import cli

    experiment_modules.load(experiment)
    modules = cli.FLAGS.flags_by_module_dict()
    shared = {flag.name for flag in modules[cli.__name__]}
    assert shared == set(SHARED)
    own = {f.name for path, found in modules.items() if path.endswith(".py") for f in found}
    assert own == OWN[experiment]


def test_an_experiments_own_flag_is_a_setting():
    found = role("hidden_units")
    assert found.decides and found.in_name and found.hyper_parameter
    assert found.on_resume is Change.NEVER


def test_where_and_how_often_decide_nothing():
    for name in ("logdir", "run_name", "data_dir", "log_every", "eval_every", "keep"):
        found = role(name)
        assert not (found.decides or found.in_name or found.hyper_parameter)
    assert role("steps").on_resume is Change.GROW and role("keep").on_resume is Change.FREELY
