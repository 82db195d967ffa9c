"""The systems of the five articles: how each is run here, what its article states, and a table of
both. No TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from helper.comparing.comparison import Table, mean_and_deviation
from helper.runs import event_files
from helper.runs.events import read_graph
from helper.runs.listing import ListedRun, load_predictions

Runs = Mapping[str, Sequence[ListedRun]]  # the completed runs of each system, by its name


@dataclass(frozen=True)
class System:
    """One system: what it is, its command, and the figures that the article states.

    command: the experiment and its flags. quick: flags that make it short. seeds: the most that it
    is worth to run.
    """

    name: str
    what: str
    command: tuple[str, ...]
    quick: tuple[str, ...]
    test: str = ""
    train: str = ""
    seconds: str = ""
    parameters: int | None = None
    seeds: int = 1000


SYSTEMS = (
    System(
        "S4", "logistic regression, digit 1 against the rest", ("logistic",), ("--steps=500",),
        test="99.3 %",
    ),
    System(
        "S2a", "softmax regression", ("softmax",), ("--steps=500",),
        test="92.2 %", train="94.0 % (a batch)", seconds="44", parameters=7_850,
    ),
    System(
        "S2b", "625 sigmoid units", ("hidden_layer",), ("--steps=500",),
        test="96.6 %", train="97.0 % (a batch)", seconds="503", parameters=496_885,
    ),
    System(
        "S2b-long", "the same, ten times as long", ("hidden_layer", "--steps=300000"),
        ("--steps=1000",), seeds=1,
    ),
    System(
        "S0", "200 ReLU units, sigmoid outputs, Adam",
        ("mlp", "--flagfile=experiments/presets/s0_relu_adam.flags"), ("--epochs=1",),
        test="97.61 %", train="98.32 % (an epoch)", seconds="19.8", parameters=159_010,
    ),
    System(
        "S1-3-4-3", "3 → 4 → 3 on this project's colours",
        ("mlp", "--flagfile=experiments/presets/s1_3_4_3.flags"), ("--steps=2000",),
    ),
    System(
        "S1-3-4-4-3", "3 → 4 → 4 → 3 on the same",
        ("mlp", "--flagfile=experiments/presets/s1_3_4_4_3.flags"), ("--steps=2000",),
    ),
    System(
        "S3", "256 and 128 sigmoid units, dropout, raw pixels",
        ("mlp", "--flagfile=experiments/presets/s3_dropout.flags"), ("--epochs=1",),
    ),
    System("H", "softmax regression on Prewitt edges", ("edges",), ("--steps=500",)),
)  # fmt: skip


def results(runs: Runs) -> Table:
    """A row a system that was run: the article's figure (where it has one) beside the mean and the
    standard deviation over the seeds. Train accuracy is over the whole training set."""
    columns = ["system", "", "seeds", "test, article", "test, here", "train, article"]
    columns += ["train, here", "seconds, article", "seconds, here", "parameters"]
    rows = []
    for system in SYSTEMS:
        done = runs.get(system.name, [])
        if not done:
            continue
        found = sorted({run.fields["parameters"] for run in done})
        expected = system.parameters
        parameters = ", ".join(f"{n:,}" for n in found)
        if expected and found != [expected]:
            parameters += f" (article: {expected:,})"
        cells = [
            system.name,
            system.what,
            str(len(done)),
            system.test,
            percent(run.final.get("test/accuracy") for run in done),
            system.train,
            percent(run.final.get("train/accuracy") for run in done),
            system.seconds,
            spread((run.fields["seconds"] for run in done), 1),
            parameters,
        ]
        rows.append(dict(zip(columns, cells, strict=True)))
    return Table(columns, rows)


def claims(runs: Runs) -> Table:
    """A row for each claim that an article gets wrong, with what was measured here."""
    columns = ["system", "the article", "measured here"]
    rows = []
    for name, claim, measure in _CLAIMS:
        done = runs.get(name, [])
        if done:
            rows.append(dict(zip(columns, (name, claim, measure(done)), strict=True)))
    return Table(columns, rows)


def percent(values) -> str:
    return spread((100 * value for value in values if value is not None), 2, " %")


def spread(values, digits: int, unit: str = "") -> str:
    """Mean ± standard deviation (n - 1), the latter only where there are two values or more."""
    mean, deviation = mean_and_deviation(values)
    if mean is None:
        return "–"
    shown = f"{mean:.{digits}f}"
    return f"{shown} ± {deviation:.{digits}f}{unit}" if deviation is not None else shown + unit


def _clipping(runs: Sequence[ListedRun]) -> str:
    upper = np.float32(1 + 1e-10)
    with np.errstate(all="ignore"):
        rest = np.float32(1) - upper  # 1 - y for a prediction y at the upper end
        product = rest * np.log(rest)
    return f"float32(1 + 1e-10) = {upper:g} and (1 − y) · log(1 − y) = {product}"


def _base_rate(runs: Sequence[ListedRun]) -> str:
    return ", ".join(
        f"{name} {percent(run.final.get(f'test/{name}') for run in runs)}"
        for name in ("base rate", "precision", "recall", "F1")
    )


def _graph_size(runs: Sequence[ListedRun]) -> str:
    sizes = [sum(file.stat().st_size for file in event_files.find(run.path)) for run in runs]
    return f"{spread((size / 1000 for size in sizes), 0)} kB with the graph, and no image in it"


def _scopes(runs: Sequence[ListedRun]) -> str:
    """What TensorBoard shows of a run: the top-level scopes of its graph."""
    graph = read_graph(runs[0].path)
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
        missed = [f"no. {i + 1} is a {label[i]}" for i in np.flatnonzero(predicted != label)]
        found.append("; ".join([text, *missed]) + ")")
    return ", ".join(dict.fromkeys(found))


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
