"""Export a run's network: write each format, load each again, keep them if all answer alike."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from helper.data.datasets import Dataset
from helper.errors import LabError
from helper.exporting import checking, inference, metadata, place, writing
from helper.exporting.checking import Checked
from helper.exporting.expected import Expected, of_session
from helper.exporting.formats import FILES, INT8
from helper.runs.listing import ListedRun
from helper.saving import network

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
        expected = of_session(run, net, data, wanted.benchmark)
        step, batch = net.step, net.batch
    assert run.record
    about = metadata.describe(
        run.record, step, wanted.best, expected.accuracy(), _outputs(expected)
    )
    with place.made_whole(wanted.target, wanted.replace) as folder:
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            training_images = data.train.images.reshape(-1, *data.image_shape)
            source = writing.Source(graph_def, about, training_images, Path(scratch))
            checked = _formats(source, folder, data, expected, batch, wanted, doing)
        sizes = {name: place.size(folder / FILES[name]) for name in wanted.formats}
        done = Exported(step, batch, expected, checked, sizes)
        (folder / metadata.FILE).write_text(metadata.as_text(about | {"formats": _results(done)}))
    return done


def _formats(
    source: writing.Source,
    folder: Path,
    data: Dataset,
    expected: Expected,
    batch: int,
    wanted: Wanted,
    doing: Report,
) -> dict[str, Checked]:
    """Write and check every format, also after one that failed. Raises NotExported."""
    images = data.test.images.reshape(-1, *data.image_shape)
    checked, failed = {}, {}
    for name in wanted.formats:
        path = folder / FILES[name]
        try:
            doing(f"{name}: writing")
            writing.write(name, path, source)
            doing(f"{name}: answering {len(images):,} images")
            found = checking.check(name, path, images, expected.answers, batch, wanted.benchmark)
            _compare(name, found, expected, wanted.bound)
        except LabError as error:
            failed[name] = str(error)
        else:
            checked[name] = found
    if failed:
        raise NotExported(failed)
    return checked


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


def _outputs(expected: Expected) -> dict[str, str]:
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
