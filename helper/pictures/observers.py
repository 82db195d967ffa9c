"""The observers of a run: which summaries it writes besides its metrics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from helper.data.datasets import Split
from helper.graph.evaluation import Observation, Observer
from helper.pictures.histograms import Histograms
from helper.pictures.pr_curves import PrecisionRecall
from helper.pictures.summaries import FirstLayer, confusion_matrix, confusion_table
from helper.pictures.traces import Traces
from helper.runs.settings import Settings


def default_observers() -> list[Observer]:
    """The observers of a run, unless an experiment passes its own."""
    pictures = [thinned(FirstLayer()), thinned(confusion_matrix), confusion_table]
    return [*pictures, thinned(PrecisionRecall(several_classes=False))]


def chosen(
    own: Sequence[Observer] | None, settings: Settings, train: Split
) -> dict[str, list[Observer]]:
    """The observers by what they are called where their cost is shown.

    own: those that the experiment passes, if it does. Others follow from the settings.
    """
    found = {"pictures": list(default_observers() if own is None else own)}
    if settings.histograms:
        found["histograms"] = [thinned(Histograms())]
    if settings.pr_curves:
        found["PR curves"] = [thinned(PrecisionRecall(several_classes=True))]
    if settings.trace_every:
        batch = Split(train.images[: settings.batch_size], train.labels[: settings.batch_size])
        found["traces"] = [Traces(settings.trace_every, settings.eval_every, batch)]
    return found


def thinned(observer: Observer) -> Observer:
    """Call the observer at each of the first 32 evaluations, then at every second one up to 64, at
    every fourth up to 128, …, so that a long run stays small."""

    def observe(seen: Observation) -> Iterator[Any]:
        if seen.number % 2 ** max(0, seen.number.bit_length() - 5) == 0:
            yield from observer(seen)

    return observe
