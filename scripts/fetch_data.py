"""Fetch a data set into the cache, or read it from a folder; verify it and say what it is."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from helper.data import cache, datasets, registry
from helper.errors import LabError, UsageError
from helper.training import console


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, like all others here."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code: 1 if the data is not to be had, 2 for a bad flag."""
    parser = Parser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--dataset", default="mnist", help=" or ".join(datasets.NAMES))
    parser.add_argument(
        "--data_dir", metavar="DIR", help="read the four IDX files or mnist.npz from this folder"
    )
    try:
        flags = parser.parse_args(argv)
        show(datasets.load(flags.dataset, flags.data_dir))
        if registry.DATASETS[flags.dataset].files and not flags.data_dir:
            print(f"cache: {cache.cache_dir()}")
    except LabError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130  # 128 + SIGINT, as a shell reports it
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
    sys.exit(main())
