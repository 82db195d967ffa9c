"""Figures of curves: a panel for each metric, a colour for each run, a legend beside the panels."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from helper.comparing import labels, ranges
from helper.comparing.plots import Figure, Line2D, finish
from helper.errors import UsageError, printable

_ONE_RUN = {"train": "black", "test": "red", "validation": "red"}
_MOST_PANELS = 20
_MOST_ENTRIES = 40
_LENGTHS = (44, 60, 80)  # of labels, in characters
_PANEL = (6.4, 4.8)  # inches
_COLOURS = 10  # matplotlib's cycle, C0 to C9
_MARKERS = ("", "o", "s", "^", "D", "v", "P", "X")  # one for each round of the colours


@dataclass(frozen=True)
class Line:
    """A curve of one run: x and y, float64 [n]; what the legend calls the run, its split (train,
    test …), its metric. aside: it does not decide which values the axis shows, because the run
    diverged."""

    run: str
    split: str
    metric: str
    x: np.ndarray
    y: np.ndarray
    aside: bool = False


@dataclass(frozen=True)
class Look:
    """smooth: 0 to 1, as in TensorBoard. ranges: the y axis of a metric, (lowest, highest).
    from_start: the y axis shows the first point of each curve, too."""

    x_label: str = "step"
    smooth: float = 0.0
    log_x: bool = False
    log_y: bool = False
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    from_start: bool = False


def curves(lines: Sequence[Line], look: Look) -> Figure:
    """A panel for each metric: train black and test red for one run, else a colour for each run
    (with a marker, from the eleventh) and dots for train."""
    metrics = list(dict.fromkeys(line.metric for line in lines))
    runs = {name: place for place, name in enumerate(dict.fromkeys(line.run for line in lines))}
    if len(metrics) > _MOST_PANELS:
        raise UsageError(f"{len(metrics)} metrics are too many for one figure of {_MOST_PANELS}")
    figure = Figure(figsize=(_PANEL[0] * len(metrics), _PANEL[1]), layout="constrained")
    all_axes = figure.subplots(1, len(metrics), squeeze=False)[0]
    for axes, metric in zip(all_axes, metrics, strict=True):
        _panel(axes, [line for line in lines if line.metric == metric], runs, look)
        finish(axes, look.x_label, metric)
    _legend(figure, _entries(lines, runs))
    return figure


def _panel(axes: Any, lines: Sequence[Line], runs: Mapping[str, int], look: Look) -> None:
    if look.log_x:
        axes.set_xscale("log", nonpositive="mask")
    if look.log_y:
        axes.set_yscale("log", nonpositive="mask")
    shown = []
    for line in lines:
        style, smooth = _style(line, runs), smoothed(line.y, look.smooth)
        if look.smooth:
            axes.plot(line.x, line.y, **{**style, "marker": ""}, alpha=0.2)
        axes.plot(line.x, smooth, **style, label=f"{line.run} {line.split}")
        values = line.y
        if not look.from_start:
            values = ranges.after_beginning(line.x, values, look.log_x)
        if look.smooth and len(line.y) > 2:  # its beginning still remembers the first point
            values = np.concatenate([values, smooth[len(smooth) // 2 :]])
        shown.append((line.aside, values))
    metric = lines[0].metric
    counted = [y for aside, y in shown if not aside] or [y for _, y in shown]
    found = ranges.value_range(counted, look.log_y)
    if metric in look.ranges:
        axes.set_ylim(*look.ranges[metric])
    elif found:
        axes.set_ylim(*ranges.with_margin(*found, log=look.log_y))


def _style(line: Line, runs: Mapping[str, int]) -> dict[str, Any]:
    if len(runs) == 1:
        return {"color": _ONE_RUN.get(line.split)}
    dots = {"linestyle": ":"} if line.split == "train" else {}
    return {**_of_run(runs[line.run]), **dots, "markevery": max(1, len(line.x) // 8)}


def _of_run(place: int) -> dict[str, Any]:
    marker = _MARKERS[place // _COLOURS % len(_MARKERS)]
    return {"color": f"C{place % _COLOURS}", "marker": marker, "markersize": 4}


def _entries(lines: Sequence[Line], runs: Mapping[str, int]) -> list[tuple[Line2D, str]]:
    """One for each run, and then one for each split, which the line's style or colour tells."""
    splits = dict.fromkeys(line.split for line in lines)
    if len(runs) == 1:
        return [(Line2D([], [], color=_ONE_RUN.get(split)), split) for split in splits]
    named = list(runs.items())
    if len(named) > _MOST_ENTRIES:
        named = named[: _MOST_ENTRIES - 1]
    entries = [(Line2D([], [], **_of_run(place)), name) for name, place in named]
    if len(named) < len(runs):
        entries.append((Line2D([], [], linestyle=""), f"… and {len(runs) - len(named)} more"))
    for split in splits:
        style: dict[str, Any] = {"color": "0.3", "linestyle": ":" if split == "train" else "-"}
        entries.append((Line2D([], [], **style), split))
    return entries


def _legend(figure: Figure, entries: Sequence[tuple[Line2D, str]]) -> None:
    """Beside the panels, in as many columns as it needs; the figure becomes wider by its width."""
    small = len(entries) > 16
    columns = math.ceil(len(entries) / (24 if small else 16))
    blank = [" "] * len(entries)  # matplotlib would leave out a name that begins with "_"
    legend = figure.legend(
        [handle for handle, _ in entries],
        blank,
        loc="outside right upper",
        ncols=columns,
        fontsize=8 if small else 9,
        frameon=False,
    )
    names = labels.shortened_alike([printable(name) for _, name in entries], *_LENGTHS)
    for entry, name in zip(legend.get_texts(), names, strict=True):
        entry.set(text=name, parse_math=False)
    width, height = figure.get_size_inches()
    figure.set_size_inches(width + legend.get_window_extent().width / figure.dpi + 0.1, height)


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
