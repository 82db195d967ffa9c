"""The systems of the five articles: how each is run here, and the article's figures beside ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from helper.comparing.comparison import Table, mean_and_deviation
from helper.runs.listing import ListedRun

Runs = Mapping[str, Sequence[ListedRun]]  # the completed runs of each system, by its name


@dataclass(frozen=True)
class System:
    """One system: what it is, its command, and the figures that the article states.

    command: the experiment and its flags. quick: flags that shorten it. seeds: how many are worth
    running at most.
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


def table(runs: Runs) -> Table:
    """A row for each system that was run: the article's figure, where it has one, beside the mean
    and standard deviation over the seeds. Train accuracy is that of the whole training set."""
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


def percent(values: Iterable[float | None]) -> str:
    """Shares as percentages, as `spread` has them."""
    return spread((100 * value for value in values if value is not None), 2, " %")


def spread(values: Iterable[float | None], digits: int, unit: str = "") -> str:
    """Mean ± standard deviation (n - 1), the latter only where there are two values or more."""
    mean, deviation = mean_and_deviation(values)
    if mean is None:
        return "–"
    shown = f"{mean:.{digits}f}"
    return f"{shown} ± {deviation:.{digits}f}{unit}" if deviation is not None else shown + unit
