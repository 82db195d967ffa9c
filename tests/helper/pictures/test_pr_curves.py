from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import precision_score, recall_score

from helper.pictures import pr_curves
from tests.tensorboard_server import Server, serving

THRESHOLDS = np.linspace(0, 1, 201)


def answers(examples: int = 500) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities float32 [examples], also exactly at thresholds, and bool [examples]."""
    random = np.random.default_rng(0)
    is_class = random.random(examples) < 0.3
    probabilities = np.clip(random.normal(0.3 + 0.4 * is_class, 0.25), 0, 1)
    probabilities[::5] = np.round(probabilities[::5], 1)
    return probabilities.astype(np.float32), is_class


def test_equal_to_scikit_learn():
    probabilities, is_class = answers()
    found = pr_curves.curve(probabilities, is_class)
    for number, threshold in enumerate(THRESHOLDS):
        predicted = probabilities.astype(np.float64) >= threshold
        precision = precision_score(is_class, predicted, zero_division=0)
        assert found.precision[number] == pytest.approx(precision, abs=1e-6)
        recall = recall_score(is_class, predicted, zero_division=0)
        assert found.recall[number] == pytest.approx(recall, abs=1e-6)
        assert found.true_positives[number] == np.sum(predicted & is_class)
        assert found.true_negatives[number] == np.sum(~predicted & ~is_class)
    counts = found.true_positives + found.false_positives
    counts = counts + found.true_negatives + found.false_negatives
    assert set(counts) == {500}


def test_a_class_without_examples_or_without_others():
    probabilities, _ = answers()
    none = pr_curves.curve(probabilities, np.zeros(500, bool))
    assert not none.recall.any() and not none.precision.any()
    every = pr_curves.curve(probabilities, np.ones(500, bool))
    assert every.recall[0] == every.precision[0] == 1


def drawn(server: Server) -> dict[str, list[str]]:
    """The tags of the curves that TensorBoard has, by experiment and number."""
    return {
        run.split("/")[0] + run.split("/")[1][:4]: sorted(found)
        for run, found in server.get("plugin/pr_curves/tags").items()
        if found
    }


@pytest.mark.parametrize("fast", [True, False])
def test_tensorboard_draws_them_over_the_whole_split(
    call_experiment, idx_directory, tmp_path, fast
):
    """Of logistic regression always, of several classes where they are asked for."""
    common = (f"--data_dir={idx_directory}", "--steps=20", "--batch_size=20", "--eval_every=10")
    call_experiment("logistic", *common, "--digit=3")
    call_experiment("softmax", *common)
    call_experiment("softmax", *common, "--pr_curves")
    with serving(tmp_path / "logs", fast) as server:
        server.until(lambda server: len(server.get("runs")) == 6)
        server.until(lambda server: len(drawn(server)) == 2)
        tags = drawn(server)
        assert tags == {
            "logistic0001": ["precision-recall/pr_curves"],
            "softmax0002": [f"precision-recall/{n}/pr_curves" for n in range(10)],
        }
        (name,) = (r for r in server.get("runs") if r.startswith("logistic") and "test" in r)
        curves = server.get("plugin/pr_curves/pr_curves", tag=tags["logistic0001"][0], run=name)
        assert [curve["step"] for curve in curves[name]] == [0, 10, 20]
        first = curves[name][0]
        examples = first["true_positives"][0] + first["false_positives"][0]
        assert examples == len(np.load(next(tmp_path.glob("logs/l*/*/predictions.npz")))["label"])
