from __future__ import annotations

import numpy as np
import pytest

from helper import tf
from helper.graph.fused import FusedSteps
from helper.graph.pipeline import superbatches
from tests import experiment_modules
from tests.experiment_modules import small_data

STEPS = 40
BATCH = 16  # does not divide 60: batches cross epochs
DATA = small_data()
OPTIMIZERS = {
    "sgd": lambda: tf.train.GradientDescentOptimizer(0.1),
    "momentum": lambda: tf.train.MomentumOptimizer(0.05, 0.9),
    "adam": lambda: tf.train.AdamOptimizer(0.01),
}


def build(optimizer: str, seed: int = 0):
    module = experiment_modules.load("hidden_layer", "--hidden_units=12")
    return experiment_modules.build(module, DATA, OPTIMIZERS[optimizer](), seed)


def bits(values: dict[str, np.ndarray]) -> dict[str, bytes]:
    return {name: np.asarray(value).tobytes() for name, value in values.items()}


def single_steps(model) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Train through the placeholders, a ``Session.run`` for each step, in an ordinary session."""
    fed = model.inputs
    with model.graph.as_default(), tf.Session() as session:
        pipeline = superbatches(DATA.train, BATCH, 0)
        session.run(tf.global_variables_initializer())
        pipeline.start(session, [(0, STEPS)])
        images, labels = session.run([pipeline.images, pipeline.labels])
        history = []
        for image_batch, label_batch in zip(images, labels, strict=True):
            _, metrics = session.run(
                [model.step.train_step, model.step.metrics],
                {fed.images: image_batch, fed.labels: label_batch, fed.training: True},
            )
            history.append(metrics)
        variables = session.run({v.op.name: v for v in tf.global_variables()})
    return variables, {
        name: np.array([metrics[name] for metrics in history]) for name in model.step.metrics
    }


def fused_steps(model, cuts=(STEPS,), boundaries=(), seed=0, xla=False):
    """Train in the loop, in the session of a run, stopping after the steps of ``cuts``."""
    fused = FusedSteps(model, DATA.train, BATCH, seed, xla)
    with model.graph.as_default(), model.session() as session:
        session.run(tf.global_variables_initializer())
        chunks = []
        for first, last in zip([0, *cuts], cuts, strict=False):
            chunks += list(fused.run(session, first, last, list(boundaries)))
        variables = session.run({v.op.name: v for v in tf.global_variables()})
    history = {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}
    return variables, history


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_fused_steps_are_single_steps_to_the_bit(optimizer):
    one_by_one, losses = single_steps(build(optimizer))
    fused, fused_losses = fused_steps(build(optimizer))
    assert bits(fused) == bits(one_by_one)
    assert bits(fused_losses) == bits(losses)
    assert fused["train/global_step"] == STEPS
    if optimizer != "sgd":
        assert len(fused) > 5  # the optimizer's own variables were compared as well


@pytest.mark.parametrize("xla", [False, True])
def test_any_cutting_gives_the_same_bits(xla):
    variables, history = fused_steps(build("adam"), xla=xla)
    for cuts, boundaries in [((1, 2, 3, 17, STEPS), ()), ((STEPS,), (3, 7)), ((29, STEPS), (10,))]:
        cut_variables, cut_history = fused_steps(build("adam"), cuts, boundaries, xla=xla)
        assert bits(cut_variables) == bits(variables)
        assert bits(cut_history) == bits(history)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_xla_computes_the_same_but_for_rounding(optimizer):
    plain, losses = fused_steps(build(optimizer))
    compiled, compiled_losses = fused_steps(build(optimizer), xla=True)
    for name, value in plain.items():
        assert compiled[name] == pytest.approx(value, rel=1e-3, abs=1e-4), name
    assert compiled_losses["loss"] == pytest.approx(losses["loss"], rel=1e-4)
    assert any(bits(compiled)[name] != bits(plain)[name] for name in plain)  # it was compiled


@pytest.mark.parametrize(
    "experiment, flags, optimizer",
    [
        ("logistic", [], lambda: tf.train.RMSPropOptimizer(0.001)),
        ("edges", [], lambda: tf.train.AdagradOptimizer(0.01)),
        ("mlp", ["--layers=8,4", "--activation=relu", "--output=sigmoid", "--l2=0.01"],
         OPTIMIZERS["adam"]),
    ],
)  # fmt: skip
def test_xla_compiles_the_other_experiments(experiment, flags, optimizer):
    module = experiment_modules.load(experiment, *flags)
    histories = []
    for xla in (False, True):
        model = experiment_modules.build(module, DATA, optimizer(), 0)
        histories.append(fused_steps(model, xla=xla)[1]["loss"])
    assert histories[1] == pytest.approx(histories[0], rel=1e-4)


def test_another_seed_gives_other_weights():
    variables, _ = fused_steps(build("sgd"))
    other_order, _ = fused_steps(build("sgd"), seed=1)
    other_start, _ = fused_steps(build("sgd", seed=1))
    assert not np.array_equal(variables["readout/weight"], other_order["readout/weight"])
    assert not np.array_equal(variables["readout/weight"], other_start["readout/weight"])


def test_pieces_end_at_boundaries_and_time_is_kept():
    model = build("sgd")
    fused = FusedSteps(model, DATA.train, BATCH, 0)
    with model.graph.as_default(), tf.Session() as session:
        session.run(tf.global_variables_initializer())
        lengths = [len(chunk["loss"]) for chunk in fused.run(session, 0, 95, [30])]
    ends = np.cumsum(lengths)
    assert ends[-1] == 95
    assert {30, 60, 90} <= set(ends)
    assert fused.seconds > 0


def test_a_batch_of_all_examples():
    model = build("sgd")
    fused = FusedSteps(model, DATA.train, len(DATA.train.labels), 0)
    with model.graph.as_default(), tf.Session() as session:
        session.run(tf.global_variables_initializer())
        (*_, last) = fused.run(session, 0, 200, [])
    # Full-batch gradient descent goes down at every step.
    assert (np.diff(last["loss"]) < 0).all()
