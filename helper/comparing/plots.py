"""Figures for papers and slides, made with matplotlib: activation functions, digits, files."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from helper.errors import LabError, UsageError, printable

try:
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D  # noqa: F401 - for curve_plots
except ImportError:
    raise LabError("plots need matplotlib: pip install matplotlib") from None

FORMATS = (".png", ".svg", ".pdf")
ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "relu": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
    "identity": lambda x: x,
}
_MOST_IMAGES = 1000


def activations(names: Sequence[str], low: float, high: float) -> Figure:
    """The functions over [low, high)."""
    x = np.linspace(low, high, 1000, endpoint=False)
    figure = Figure(figsize=(6.4, 4.8), layout="constrained")
    axes = figure.subplots()
    for name in names:
        axes.plot(x, ACTIVATIONS[name](x), label=name)
    finish(axes, "x", "y", legend=True)
    return figure


def strip(images: np.ndarray, labels: Sequence[str], wrong: Sequence[bool] = ()) -> Figure:
    """Images (uint8 [n, height, width]) in rows of ten, a label below each, red where wrong.

    Raises UsageError for more than 1,000 images.
    """
    if len(images) > _MOST_IMAGES:
        raise UsageError(f"{len(images):,} images are too many for one figure of {_MOST_IMAGES:,}")
    columns = min(len(images), 10)
    rows = -(-len(images) // columns)
    figure = Figure(figsize=(0.9 * columns, 1.2 * rows))
    # One axes for all, in inches: an axes for each image takes a hundred times as long.
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    height, width = (0.8 * size / max(images.shape[1:]) for size in images.shape[1:])
    for i, (image, label) in enumerate(zip(images, labels, strict=True)):
        row, column = divmod(i, 10)
        x, y = 0.9 * column + 0.45, 1.2 * row + 0.45
        extent = (x - width / 2, x + width / 2, y + height / 2, y - height / 2)
        axes.imshow(image, cmap="gray_r", vmin=0, vmax=255, extent=extent)
        color = "red" if i < len(wrong) and wrong[i] else "black"
        axes.text(x, y + 0.45, label, ha="center", va="top", size=12, color=color)
    axes.set(xlim=(0, 0.9 * columns), ylim=(1.2 * rows, 0))
    return figure


def check_target(path: str) -> None:
    """Raise UsageError for a file name that does not end in one of FORMATS."""
    if Path(path).suffix.lower() not in FORMATS:
        raise UsageError(f"{path!r} does not name a figure; end it in {', '.join(FORMATS)}")


def save(figure: Figure, path: str) -> None:
    """Write the figure; its format follows from the name. Raises LabError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # a name that is too long for the figure
            figure.savefig(path, dpi=120)
    except OSError as error:
        raise LabError(f"cannot write {path}: {error.strerror or error}") from None


def finish(axes: Any, x_label: str, y_label: str, legend: bool = False) -> None:
    """Name the axes, text as it is, and draw their grid."""
    axes.set_xlabel(x_label)
    axes.set_ylabel(printable(y_label), parse_math=False)
    axes.grid(True)
    if legend:
        axes.legend()
