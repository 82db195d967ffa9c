"""Fetch a data set into the cache, or read it from a directory; verify it and show what it is."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from helper.command import Parser, run
from helper.data import cache, datasets, registry
from helper.training import console


def main(argv: Sequence[str] | None = None) -> int:
    parser = Parser(__doc__)
    parser.add_argument("--dataset", default="mnist", help=" or ".join(datasets.NAMES))
    parser.add_argument(
        "--data_dir", metavar="DIR", help="read four IDX files or mnist.npz from this directory"
    )
    flags = parser.parse_args(argv)
    show(datasets.load(flags.dataset, flags.data_dir))
    if registry.DATASETS[flags.dataset].files and not flags.data_dir:
        print(f"cache: {cache.cache_dir()}")
    return 0


def show(data: datasets.Dataset) -> None:
    """Print a table of the splits, and the data set's checksum."""
    height, width = data.image_shape
    rows = [
        (
            name,
            f"{len(split.labels):,}",
            f"{height} x {width}",
            f"{split.labels.min()} to {split.labels.max()}",
        )
        for name, split in (("train", data.train), ("test", data.test))
    ]
    checksum = f"sha256: {data.sha256[:16]}…"
    console.table(data.name, ("split", "examples", "pixels", "labels"), rows, checksum)


if __name__ == "__main__":
    sys.exit(run(main))
