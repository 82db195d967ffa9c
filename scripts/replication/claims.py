"""What the articles get wrong, and what was measured here instead."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from helper.comparing.comparison import Table
from helper.runs import event_files
from helper.runs.events import read_run_graph
from helper.runs.listing import ListedRun, load_predictions
from scripts.replication.systems import Runs, percent, spread


def table(runs: Runs) -> Table:
    """A row for each wrong claim of an article, with what was measured here."""
    columns = ["system", "the article", "measured here"]
    rows = []
    for name, claim, measure in _CLAIMS:
        done = runs.get(name, [])
        if done:
            rows.append(dict(zip(columns, (name, claim, measure(done)), strict=True)))
    return Table(columns, rows)


def _clipping(runs: Sequence[ListedRun]) -> str:
    upper = np.float32(1 + 1e-10)
    with np.errstate(all="ignore"):
        rest = np.float32(1) - upper  # 1 - y for a prediction y at the upper end
        product = rest * np.log(rest)
    return f"float32(1 + 1e-10) = {upper:g} and (1 − y) · log(1 − y) = {product}"


def _base_rate(runs: Sequence[ListedRun]) -> str:
    return ", ".join(
        f"{name} {percent(run.final.get(f'test/two-class/{name}') for run in runs)}"
        for name in ("base rate", "precision", "recall", "F1")
    )


def _graph_size(runs: Sequence[ListedRun]) -> str:
    sizes = [
        sum(file.stat().st_size for file in event_files.find(run.path / "train")) for run in runs
    ]
    return f"{spread((size / 1000 for size in sizes), 0)} kB with the graph, and no image in it"


def _scopes(runs: Sequence[ListedRun]) -> str:
    """The top-level scopes of a run's graph, as TensorBoard shows them first."""
    graph = read_run_graph(runs[0].path)
    if graph is None:
        return "no graph was written"
    scopes = dict.fromkeys(node.name.partition("/")[0] for node in graph.node)
    return f"{len(graph.node)} nodes, built once and written whole: {', '.join(scopes)}"


def _unguarded_log(runs: Sequence[ListedRun]) -> str:
    logits = np.array([200, 0], np.float32)
    exponentials = np.exp(logits - logits.max())
    softmax = exponentials / exponentials.sum()
    with np.errstate(divide="ignore"):
        alone = -np.log(softmax[1])
    together = np.log(exponentials.sum()) - (logits[1] - logits.max())
    return f"logits 200 and 0, label 1: {alone} with log(softmax), {together:g} in one operation"


def _batch_accuracy(runs: Sequence[ListedRun]) -> str:
    whole = percent(run.final.get("train/accuracy") for run in runs)
    record = runs[0].record
    assert record and record.data
    return f"{whole} on all {record.data.train:,}"


def _mean_loss(runs: Sequence[ListedRun]) -> str:
    rate = runs[0].flags["learning_rate"]
    test = percent(run.final.get("test/accuracy") for run in runs)
    return f"{rate:g} on the mean of {runs[0].flags['batch_size']}: the same steps, {test} on test"


def _first_ten(runs: Sequence[ListedRun]) -> str:
    found = []
    for run in runs:
        predicted, label = (answers[:10] for answers in load_predictions(run))
        text = f"{np.sum(predicted == label)} of {len(label)} ({' '.join(map(str, predicted))}"
        missed = [f"no. {i + 1} is {_a(label[i])}" for i in np.flatnonzero(predicted != label)]
        found.append("; ".join([text, *missed]) + ")")
    return ", ".join(dict.fromkeys(found))


def _a(digit: int) -> str:
    return f"an {digit}" if digit == 8 else f"a {digit}"


def _longer(runs: Sequence[ListedRun]) -> str:
    (run, *_) = runs
    assert run.record
    best = run.record.best["test/accuracy"]
    return (
        f"{run.fields['step']:,} steps: {percent([run.final['test/accuracy']])}, "
        f"best {percent([best.value])} at step {best.step:,}"
    )


_CLAIMS: tuple[tuple[str, str, Callable[[Sequence[ListedRun]], str]], ...] = (
    ("S4", "clipping to [1e-10, 1 + 1e-10] keeps log finite", _clipping),
    ("S4", "99.3 % are right; the base rate is not given", _base_rate),
    ("S4", "the images are constants of the graph: a file of 754 MB", _graph_size),
    ("S4", "summaries merged in the loop, accuracy made after the graph is written", _scopes),
    ("S2a", "log(y) of the softmax, with no guard", _unguarded_log),
    ("S2a", "learning rate 0.001 on the sum over the batch", _mean_loss),
    ("S2a", "training accuracy 94.0 %, of one batch just trained on", _batch_accuracy),
    ("S2b", "training accuracy 97.0 %, of one batch just trained on", _batch_accuracy),
    ("S2b-long", "a hundred times more steps would overfit (here: ten times)", _longer),
    ("S3", "all of the first ten predictions are right", _first_ten),
)
