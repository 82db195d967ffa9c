"""Let a run's network say which digits it sees: in the test set, or in your own picture files.

examples:
  predict.py mlp/0001                             the first ten test digits
  predict.py mlp/0001 --images 100-149 --strip digits.png
  predict.py hidden_layer/0001 photo.jpg drawn.png
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from helper import tables
from helper.command import Parser, index_range, note, run
from helper.data.datasets import Split
from helper.errors import UsageError, printable
from helper.runs.listing import ListedRun
from helper.saving import examples


def main(argv: Sequence[str] | None = None) -> int:
    flags = parse(argv)
    chosen = examples.readable_run(flags.run, Path(flags.logdir))
    if flags.strip:
        from helper.comparing import plots

        plots.check_target(flags.strip)
    pictures = read_files(flags.files, chosen) if flags.files else None
    if pictures is not None:
        names, split = flags.files, Split(pictures, np.zeros(len(pictures), np.int64))
    else:
        whole = getattr(examples.load(chosen, flags.data_dir), flags.split)
        indices = index_range(flags.images, len(whole.labels))
        names = [f"{flags.split} {i}" for i in range(indices.start, indices.stop)]
        split = Split(whole.images[indices], whole.labels[indices])
    from helper.saving import network  # imports TensorFlow

    with network.load(chosen, flags.best, note) as net:
        print(f"{printable(chosen.name)} after {net.step:,} steps")
        predictions, probabilities = net.answer(split.images)
        known = net.targets(split.labels) if pictures is None else None
    if probabilities is not None:
        probabilities = probabilities[np.arange(len(predictions)), predictions]
    show(names, predictions, known, probabilities)
    if flags.strip:
        images = split.images.reshape(-1, *image_shape(chosen))
        wrong = [] if known is None else (predictions != known).tolist()
        plots.save(plots.strip(images, [str(p) for p in predictions], wrong), flags.strip)
        print(f"wrote {flags.strip}")
    return 0


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(__doc__)
    examples.add_flags(parser)
    add = parser.add_argument
    add("files", nargs="*", metavar="FILE", help="PNG or JPEG pictures of one digit each")
    add("--images", metavar="FIRST-LAST", help="which examples (default: 0-9)")
    add("--split", choices=("train", "test"), default="test", help="(default: test)")
    add("--strip", metavar="FILE", help="draw the images and what was predicted, mistakes red")
    flags = parser.parse_intermixed_args(argv)
    if flags.files and flags.images:
        raise UsageError("give picture files or --images, not both")
    flags.images = flags.images or "0-9"
    return flags


def image_shape(chosen: ListedRun) -> tuple[int, int]:
    assert chosen.record and chosen.record.data
    return chosen.record.data.image_shape


def read_files(files: Sequence[str], chosen: ListedRun) -> np.ndarray:
    """The pictures as MNIST would have them: uint8 [files, 784]."""
    from helper.data import centring, digit_images

    shape = image_shape(chosen)
    if shape != (centring.SIDE, centring.SIDE):
        raise UsageError(
            f"{chosen.name} was trained on {shape[0]} × {shape[1]} pixels; picture files are "
            "for networks of 28 × 28"
        )
    return np.stack([digit_images.read(file).ravel() for file in files])


def show(
    names: Sequence[str],
    predictions: np.ndarray,
    targets: np.ndarray | None,
    probabilities: np.ndarray | None,
) -> None:
    """Print a line for each image: what was predicted, what is true, how sure the model is."""
    rows = []
    for i, name in enumerate(names):
        sure = "" if probabilities is None else f"{probabilities[i]:.4f}"
        row = [name, str(predictions[i]), sure]
        if targets is not None:
            row[2:2] = [str(targets[i])]
            row.append("" if predictions[i] == targets[i] else "×")
        rows.append(row)
    columns = ["image", "predicted", "probability"]
    if targets is not None:
        columns = ["image", "predicted", "true", "probability", "mistake"]
    tables.show(columns, rows)
    if targets is not None:
        right = int(np.sum(predictions == targets))
        print(f"{right} of {len(targets)} are right")
    print(f"predicted: {' '.join(str(p) for p in predictions)}")


if __name__ == "__main__":
    sys.exit(run(main))
