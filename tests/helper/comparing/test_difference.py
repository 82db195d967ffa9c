from __future__ import annotations

import math
from dataclasses import replace

import pytest
from tensorboard.compat.proto.graph_pb2 import GraphDef

from helper.comparing.difference import Measured, difference, graph_difference
from helper.runs import listing
from tests.made_runs import graph, make_run, write_events


def graph_def(*nodes):
    """Nodes as (name, op, inputs, shape)."""
    made = GraphDef()
    for name, op, inputs, shape in nodes:
        node = made.node.add(name=name, op=op, input=inputs)
        if shape:
            for size in shape:
                node.attr["shape"].shape.dim.add(size=size)
    return made


SMALL = graph_def(
    ("images", "Placeholder", [], [784]),
    ("logits", "MatMul", ["images"], None),
    ("old/zeros", "Fill", [], None),
    ("old/ones", "Fill", [], None),
)
LARGE = graph_def(
    ("images", "Placeholder", [], [28, 28]),
    ("hidden/weight/read", "Identity", [], None),
    ("hidden/MatMul", "MatMul", ["images"], None),
    ("logits", "MatMul", ["hidden/MatMul"], None),
)


def test_nodes_added_removed_and_changed():
    assert graph_difference(SMALL, LARGE) == [
        "- old/  (2 nodes)",
        "+ hidden/  (2 nodes)",
        "~ images  shape: 784 → 28 × 28",
        "~ logits  inputs: images → hidden/MatMul",
    ]
    assert graph_difference(SMALL, LARGE, every_node=True)[:4] == [
        "- old/ones  Fill",
        "- old/zeros  Fill",
        "+ hidden/MatMul  MatMul",
        "+ hidden/weight/read  Identity",
    ]
    assert graph_difference(SMALL, SMALL) == []


def test_a_new_node_in_a_scope_that_both_have_is_named():
    first = graph_def(("hidden/weight", "VarHandleOp", [], None))
    second = graph_def(
        ("hidden/weight", "VarHandleOp", [], None), ("hidden/Relu", "Relu", [], None)
    )
    assert graph_difference(first, second) == ["+ hidden/Relu  Relu"]


def test_settings_data_versions_and_parameters(tmp_path):
    make_run(tmp_path / "softmax" / "0001")
    make_run(tmp_path / "hidden_layer" / "0001", sha256="cd" * 32, hidden_units=10)
    second, first = listing.find(tmp_path)
    second.record.parameters = {"readout/weight": [10, 10], "readout/bias": [10]}
    second.record.versions["python"] = "3.13.1"
    second.record.commit = "abc"
    assert difference(first, second).sections == {
        "run": {"experiment": ("softmax", "hidden_layer"), "commit": (None, "abc")},
        "flags": {"hidden_units": (None, 10)},
        "versions": {"python": ("3.12.0", "3.13.1")},
        "data": {"sha256": ("ab" * 32, "cd" * 32)},
        "parameters": {"readout/weight": ([784, 10], [10, 10])},
    }


def test_final_and_best_metrics(tmp_path):
    make_run(tmp_path / "softmax" / "0001", 0.9)
    make_run(tmp_path / "softmax" / "0002", 0.95)
    first, second = listing.find(tmp_path)
    first.record.final |= {"test/loss": 0.5, "test/luck": 1.0, "test/nothing": math.nan}
    second.record.final |= {"test/loss": 0.6, "test/luck": 2.0, "test/nothing": math.nan}
    first.record.final["train/accuracy"] = 0.9
    found = difference(first, second).metrics
    assert list(found) == [
        "test/accuracy",
        "test/loss",
        "test/luck",
        "train/accuracy",
        "best/test/accuracy",
    ]
    assert found["test/accuracy"].change == pytest.approx(0.05)
    assert found["train/accuracy"] == Measured(0.9, None, False)
    assert [pair.word for pair in found.values()] == ["better", "worse", "", "", "better"]
    second.record.data = replace(second.record.data, sha256="cd" * 32)
    assert not any(pair.word for pair in difference(first, second).metrics.values())


@pytest.mark.parametrize(
    ("pair", "word"),
    [
        (Measured(0.5, 0.4, True), "better"),
        (Measured(0.5, 0.4, False), "worse"),
        (Measured(0.5, 0.4), ""),
        (Measured(0.5, math.nan, True), ""),
        (Measured(None, 0.4, True), ""),
    ],
)
def test_better_and_worse(pair, word):
    assert pair.word == word


def test_equal_runs(tmp_path):
    make_run(tmp_path / "softmax" / "0001")
    make_run(tmp_path / "softmax" / "0002")
    found = difference(*listing.find(tmp_path))
    assert (found.sections, found.graph, found.notes) == ({}, [], [])


@pytest.mark.parametrize("broken", ["run.json", "events"])
def test_what_cannot_be_compared_is_told(tmp_path, broken):
    make_run(tmp_path / "softmax" / "0001")
    path = make_run(tmp_path / "softmax" / "0002")
    if broken == "run.json":
        (path / "run.json").write_text("{")
    else:
        (file,) = path.glob("events*")
        file.unlink()
        damaged = write_events(path, graph(logits="MatMul"))
        damaged.write_bytes(damaged.read_bytes().replace(b"logits", b"logitz"))
    found = difference(*listing.find(tmp_path))
    assert any("softmax/0002" in note for note in found.notes)


def test_what_only_describes_a_node_is_no_difference():
    first, second = GraphDef(), GraphDef()
    for made in (first, second):
        made.node.add(name="logits", op="MatMul").attr["T"].type = 1
    first.node[0].attr["_output_shapes"].list.shape.add().dim.add(size=10)
    assert graph_difference(first, second) == []
    first.node[0].attr["T"].type = 2
    assert len(graph_difference(first, second)) == 1
