"""Export a run's network: write each format, load each again, keep them if all answer alike."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from helper.data.datasets import Dataset
from helper.errors import LabError
from helper.exporting import checking, inference, metadata, place, timing, writing
from helper.exporting.checking import Checked
from helper.exporting.formats import FILES, INT8
from helper.runs import listing
from helper.runs.listing import ListedRun
from helper.runs.record import Status
from helper.saving import network
from helper.saving.network import Answers, LoadedNetwork

Report = Callable[[str], None]


class Wanted(NamedTuple):
    """formats: names in ``formats.FILES``. target: the directory to make. bound: how much a
    probability may differ from the session's, but not one of int8."""

    formats: Sequence[str]
    target: Path
    best: bool = False
    replace: bool = False
    bound: float = 1e-5
    benchmark: bool = False


class Expected(NamedTuple):
    """What the session says of all test images.

    accuracy: the share of these that is right. source: where the classes are from. targets: int64
    [images], what is right. seconds: as in ``Checked``.
    """

    answers: Answers
    targets: np.ndarray
    source: str
    seconds: Sequence[float] | None

    def accuracy(self, classes: np.ndarray | None = None) -> float:
        """The share of the images whose class is right: of these, or of the session's."""
        given = self.answers.predictions if classes is None else classes
        return float(np.mean(given == self.targets))


class Exported(NamedTuple):
    """What was written, by the names of the formats. batch: how many images were given at once."""

    step: int
    batch: int
    expected: Expected
    checked: dict[str, Checked]
    sizes: dict[str, int]


class NotExported(LabError):
    """Why formats failed: a line for each, by its name."""

    def __init__(self, lines: dict[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {why}" for name, why in lines.items()))
        self.lines = lines


def export(
    run: ListedRun,
    data: Dataset,
    wanted: Wanted,
    report: Report,
    doing: Report = lambda _: None,
) -> Exported:
    """Make the directory ``wanted.target``, or raise an error and leave nothing.

    data: the run's. report: called with lines that the user should know. doing: called with what
    is being done.
    Raises NotExported where formats cannot hold the network or do not answer as it does, other
    LabErrors, and OSError.
    """
    doing("the session: answering")
    with network.load(run, wanted.best, report) as net:
        graph_def = inference.graph_of(net)
        expected = _expected(run, net, data, wanted.benchmark)
        step, batch = net.step, net.batch
    with place.made_whole(wanted.target, wanted.replace) as folder:
        assert run.record
        about = metadata.describe(
            run.record, step, wanted.best, expected.accuracy(), _outputs(graph_def, expected)
        )
        checked, failed = {}, {}
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            source = writing.Source(
                graph_def, about, _images(data, data.train.images), Path(scratch)
            )
            for name in wanted.formats:
                path = folder / FILES[name]
                doing(f"{name}: writing, loading, answering")
                try:
                    writing.write(name, path, source)
                    test = _images(data, data.test.images)
                    found = checking.check(
                        name, path, test, expected.answers, batch, wanted.benchmark
                    )
                    _compare(name, found, expected, wanted.bound)
                except LabError as error:
                    failed[name] = str(error)
                else:
                    checked[name] = found
        if failed:
            raise NotExported(failed)
        sizes = {name: place.size(folder / FILES[name]) for name in wanted.formats}
        done = Exported(step, batch, expected, checked, sizes)
        (folder / metadata.FILE).write_text(metadata.as_text(about | {"formats": _results(done)}))
    return done


def _expected(run: ListedRun, net: LoadedNetwork, data: Dataset, benchmark: bool) -> Expected:
    """The session's answers, whose classes must be those that a finished run wrote itself."""
    answers = net.answer(data.test.images)
    targets = net.targets(data.test.labels)
    source = "the session"
    if run.status is Status.COMPLETED and net.step == net.record.step:
        source = "predictions.npz"
        predicted, _ = listing.load_predictions(run)
        differ = np.flatnonzero(_differences(predicted, answers.predictions))
        if len(differ):
            raise LabError(
                f"{run.name}: the session itself gives other classes than predictions.npz, for "
                f"{len(differ):,} test images, the first of them {differ[0]}"
            )
    seconds = None
    if benchmark:
        images = data.test.images
        seconds = [timing.seconds_per_image(net.answer, images[:n]) for n in (1, net.batch)]
    return Expected(answers, targets, source, seconds)


def _differences(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return one != other if one.shape == other.shape else np.ones(len(other), bool)


def _compare(name: str, found: Checked, expected: Expected, bound: float) -> None:
    """Raise LabError for answers that are not the session's. Those of int8 are rounded."""
    if name == INT8:
        return
    if len(found.differ):
        first = found.differ[:5]
        pairs = zip(first, expected.answers.predictions[first], found.classes[first], strict=True)
        shown = ", ".join(f"test {i} is a {was}, here a {is_}" for i, was, is_ in pairs)
        more = "" if len(found.differ) == len(first) else ", …"
        raise LabError(
            f"{len(found.differ):,} of {len(found.classes):,} classes differ from those of "
            f"{expected.source} ({shown}{more})"
        )
    if found.greatest is not None and not found.greatest <= bound:
        raise LabError(
            f"a probability differs by {found.greatest:.2g} from the session's, more than "
            f"{bound:g}; to accept that, give a larger --bound"
        )


def _images(data: Dataset, images: np.ndarray) -> np.ndarray:
    return images.reshape(-1, *data.image_shape)


def _outputs(graph_def: Any, expected: Expected) -> dict[str, str]:
    found = {inference.CLASSES: "int64 [batch]"}
    if expected.answers.probabilities is not None:
        found[inference.PROBABILITIES] = (
            f"float32 [batch, {expected.answers.probabilities.shape[1]}]"
        )
    return found


def _results(done: Exported) -> dict[str, Any]:
    return {
        name: {
            "file": FILES[name],
            "bytes": done.sizes[name],
            "test_accuracy": done.expected.accuracy(found.classes),
            "classes_that_differ": len(found.differ),
            "greatest_difference": found.greatest,
        }
        for name, found in done.checked.items()
    }
