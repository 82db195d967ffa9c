"""Figures for papers and slides, made with matplotlib: curves, activation functions, digits."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from helper.errors import LabError, UsageError, printable

try:
    from matplotlib.figure import Figure
except ImportError:
    raise LabError("plots need matplotlib: pip install matplotlib") from None

FORMATS = (".png", ".svg", ".pdf")
ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "relu": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
    "identity": lambda x: x,
}
_ONE_RUN = {"train": "black", "test": "red", "validation": "red"}
_MOST_PANELS = 20
_MOST_IMAGES = 1000


@dataclass(frozen=True)
class Line:
    """A curve of one run: x and y, float64 [n]; its run, its split (train, test …), its metric."""

    run: str
    split: str
    metric: str
    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True)
class Look:
    """smooth: 0 to 1, as in TensorBoard. ranges: the y axis of a metric, (lowest, highest)."""

    x_label: str = "step"
    smooth: float = 0.0
    log_x: bool = False
    log_y: bool = False
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)


def curves(lines: Sequence[Line], look: Look) -> Figure:
    """A panel for each metric: train black and test red for one run, else a colour for each run."""
    metrics = list(dict.fromkeys(line.metric for line in lines))
    names = list(dict.fromkeys(line.run for line in lines))
    if len(metrics) > _MOST_PANELS:
        raise UsageError(f"{len(metrics)} metrics are too many for one figure of {_MOST_PANELS}")
    figure = Figure(figsize=(6.4 * len(metrics), 4.8), layout="constrained")
    all_axes = figure.subplots(1, len(metrics), squeeze=False)[0]
    handles: dict[str, Any] = {}
    for axes, metric in zip(all_axes, metrics, strict=True):
        for line in (line for line in lines if line.metric == metric):
            style = _style(line, names)
            if look.smooth:
                axes.plot(line.x, line.y, **{**style, "label": None}, alpha=0.2)
            (drawn,) = axes.plot(line.x, smoothed(line.y, look.smooth), **style)
            handles.setdefault(style["label"], drawn)
        _finish(axes, look.x_label, metric, legend=len(names) == 1)
        if look.log_x:
            axes.set_xscale("log", nonpositive="mask")
        if look.log_y:
            axes.set_yscale("log", nonpositive="mask")
        if metric in look.ranges:
            axes.set_ylim(*look.ranges[metric])
    if len(names) > 1:
        _legend_below(figure, handles)
    return figure


def _legend_below(figure: Figure, handles: Mapping[str, Any]) -> None:
    """Names of runs are long: one legend below, instead of one over the curves of each panel."""
    blank = [" "] * len(handles)  # matplotlib would leave out a name that begins with "_"
    legend = figure.legend([*handles.values()], blank, loc="outside lower center")
    for entry, name in zip(legend.get_texts(), handles, strict=True):
        entry.set(text=printable(name), parse_math=False)


def _style(line: Line, names: Sequence[str]) -> dict[str, Any]:
    if len(names) == 1:
        return {"color": _ONE_RUN.get(line.split), "label": line.split}
    dotted = {"linestyle": ":"} if line.split == "train" else {}
    return {"color": f"C{names.index(line.run)}", "label": f"{line.run} {line.split}", **dotted}


def smoothed(values: np.ndarray, weight: float) -> np.ndarray:
    """The running mean that TensorBoard draws: float64 [n], each old value weighted by ``weight``.

    The weights are divided by their sum, so that the curve does not begin at 0. Values that are not
    finite are skipped.
    """
    mean = total = 0.0
    result = np.full(len(values), np.nan)
    for i, value in enumerate(values):
        if np.isfinite(value):
            mean = weight * mean + (1 - weight) * value
            total = weight * total + (1 - weight)
            result[i] = mean / total
    return result


def activations(names: Sequence[str], low: float, high: float) -> Figure:
    """The functions over [low, high)."""
    x = np.linspace(low, high, 1000, endpoint=False)
    figure = Figure(figsize=(6.4, 4.8), layout="constrained")
    axes = figure.subplots()
    for name in names:
        axes.plot(x, ACTIVATIONS[name](x), label=name)
    _finish(axes, "x", "y")
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


def _finish(axes: Any, x_label: str, y_label: str, legend: bool = True) -> None:
    axes.set_xlabel(x_label)
    axes.set_ylabel(printable(y_label), parse_math=False)
    axes.grid(True)
    if legend:
        axes.legend()
