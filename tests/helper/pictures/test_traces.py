from __future__ import annotations

import urllib.parse
import urllib.request

import numpy as np
import pytest

from tests.command_line import record, runs
from tests.run_contents import curves, variables
from tests.tensorboard_server import serving

FLAGS = ("--batch_size=10", "--steps=45", "--eval_every=10", "--log_every=5")


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_tracing_changes_no_bit(call_experiment, idx_directory, tmp_path, optimizer):
    common = (f"--data_dir={idx_directory}", *FLAGS, "--layers=4", f"--optimizer={optimizer}")
    call_experiment("mlp", *common, "--dropout=0.5", "--logdir=plain")
    done = call_experiment("mlp", *common, "--dropout=0.5", "--trace_every=10", "--logdir=traced")
    assert "traces" in done.stdout.partition("spent on summaries: ")[2]
    (plain,), (traced,) = runs(tmp_path / "plain"), runs(tmp_path / "traced")
    assert variables(plain) == variables(traced) and curves(plain) == curves(traced)
    assert record(plain)["final"] == record(traced)["final"]
    with np.load(plain / "predictions.npz") as one, np.load(traced / "predictions.npz") as two:
        np.testing.assert_array_equal(one["predicted"], two["predicted"])


@pytest.mark.parametrize("fast", [True, False])
def test_tensorboard_colours_by_compute_time(call_experiment, idx_directory, tmp_path, fast):
    """A resumed run has each trace once; one that is not due is not made."""
    common = (f"--data_dir={idx_directory}", *FLAGS)
    call_experiment("hidden_layer", *common, "--hidden_units=4", "--trace_every=15")
    call_experiment("hidden_layer", "--resume=latest", "--steps=50")
    with serving(tmp_path / "logs", fast) as server:
        server.until(lambda server: len(server.get("runs")) == 2)
        (name,) = (name for name in server.get("runs") if name.endswith("/train"))
        wanted = [
            f"step {step}: {kind}"
            for step in ("0000000", "0000020", "0000030", "0000050")
            for kind in ("evaluation", "training")
        ]
        server.until(lambda s: len(s.get("plugin/graphs/info")[name]["tags"]) == len(wanted))
        tags = server.get("plugin/graphs/info")[name]["tags"]
        assert sorted(tags) == wanted
        query = urllib.parse.urlencode({"run": name, "tag": wanted[-1]})
        address = f"{server.address}/data/plugin/graphs/run_metadata?{query}"
        with urllib.request.urlopen(address) as response:
            timing = response.read().decode()
    for node in ("hidden/MatMul", "readout/MatMul", "train/GradientDescent/update"):
        assert f'node_name: "{node}' in timing
    assert timing.count("op_end_rel_micros") > 20 and "allocation_description" in timing
