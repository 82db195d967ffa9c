"""Show what a run's network makes of the test digits, on the PROJECTOR page of TensorBoard.

examples:
  project_run.py mlp/0001                         the first 2,000 test digits
  project_run.py hidden_layer/0001 --images 500 --best

Each image is a point: its activations in the last hidden layer, or its pixels if there is none.
The page shows it as a thumbnail, with its label, the prediction, and whether that is right.
Called again for the same run, it replaces the points.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from helper.command import Parser, note, run
from helper.errors import LabError, UsageError, printable
from helper.runs import tensorboard_links
from helper.runs.listing import ListedRun
from helper.saving import examples

if TYPE_CHECKING:
    from helper.saving.network import LoadedNetwork

_MOST_IMAGES = 10_000  # the projector takes no more for t-SNE, and 5,000 for UMAP
_MOST_VALUES = 8_000_000  # TensorBoard reads so many in 9 seconds, with 0.6 GB of memory


def main(argv: Sequence[str] | None = None) -> int:
    flags = parse(argv)
    chosen = examples.readable_run(flags.run, Path(flags.logdir))
    data = examples.load(chosen, flags.data_dir)
    split = getattr(data, flags.split)
    images, labels = split.images[: flags.images], split.labels[: flags.images]
    from helper.saving import network  # imports TensorFlow

    with network.load(chosen, flags.best, note) as net:
        step = net.step
        layer, values = hidden_layer(chosen, net, images)
        predictions, _ = net.answer(images)
        targets = net.targets(labels)

    from helper.pictures.sprites import sprite
    from helper.recording import png
    from helper.saving import projector

    picture, thumbnail = sprite(images.reshape(-1, *data.image_shape))
    points = projector.Points(
        f"{layer} of {flags.split} images, step {step}",
        values,
        columns(labels, predictions, targets),
        png.encode(picture),
        thumbnail,
    )
    assert chosen.record
    written = projector.write(chosen.path / chosen.record.watched, points)
    print(f"{printable(chosen.name)} after {step:,} steps: {printable(layer)}")
    print(
        f"wrote {len(values):,} points of {values.shape[1]:,} values, {written / 1e6:.1f} MB "
        f"({np.mean(predictions == targets):.1%} of the predictions are right)"
    )
    show_next(chosen, flags.logdir)
    return 0


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(__doc__)
    examples.add_flags(parser)
    add = parser.add_argument
    add("--images", metavar="N", type=int, default=2000, help="so many (default: 2000)")
    add("--split", choices=("train", "test"), default="test", help="(default: test)")
    flags = parser.parse_args(argv)
    if not 2 <= flags.images <= _MOST_IMAGES:
        raise UsageError(f"--images must be from 2 to {_MOST_IMAGES:,}, not {flags.images:,}")
    return flags


def hidden_layer(
    chosen: ListedRun, net: LoadedNetwork, images: np.ndarray
) -> tuple[str, np.ndarray]:
    """The last hidden layer's name and activations, [n, features], or those of the pixels.

    Raises LabError if they cannot be drawn.
    """
    first = net.last_hidden(images[:1])
    layer, values = first or ("pixels", images[:1])
    most = _MOST_VALUES // max(values.shape[1], 1)
    if len(images) > most:
        raise LabError(
            f"{chosen.name}: {layer} has {values.shape[1]:,} values for each image; of those, the "
            f"projector can show {most:,} images" + (f": --images={most}" if most >= 2 else "")
        )
    if first is None:
        return layer, images
    found = net.last_hidden(images)
    assert found is not None
    if not np.isfinite(found[1]).all():
        raise LabError(f"{chosen.name}: {layer} has values that are not finite: training diverged")
    return found


def columns(
    labels: np.ndarray, predictions: np.ndarray, targets: np.ndarray
) -> dict[str, Sequence[object]]:
    """What is known of each point. All are numbers: the page labels points by the first column
    that is not, or else by the first."""
    known: dict[str, Sequence[object]] = {"label": labels.tolist()}
    if not np.array_equal(labels, targets):
        known["target"] = targets.tolist()
    right = (predictions == targets).astype(int)
    return known | {"predicted": predictions.tolist(), "right": right.tolist()}


def show_next(chosen: ListedRun, logdir: str) -> None:
    """Say how to look at it."""
    # A run outside of the log directory has its path for a name.
    where = chosen.name if Path(chosen.name).is_absolute() else logdir
    print(f"look at it:    {printable(tensorboard_links.command(where))}")
    print("               (start it again if it is running: it reads the points only once)")
    print("               http://localhost:6006/#projector, and choose Color by: label")


if __name__ == "__main__":
    sys.exit(run(main))
