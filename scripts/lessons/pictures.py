"""The picture of each chapter, drawn from the names that its code has left."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from helper.comparing.plots import Figure
from helper.errors import LabError
from scripts.lessons import plans
from scripts.lessons.pages import Page
from scripts.lessons.plans import BLUE, GREY, ORANGE

_DPI = 110
_COLOURS = 32  # of the file's palette

Names = Mapping[str, Any]


def draw(page: Page, names: Names) -> Path:
    """Write the picture beside the page. names: the namespace after the chapter has run.

    Raises LabError where matplotlib or Pillow is missing.
    """
    try:
        from PIL import Image
    except ImportError:
        raise LabError("pictures need Pillow: pip install pillow") from None
    drawn = io.BytesIO()
    _DRAWN[page.number](names).savefig(drawn, format="png", dpi=_DPI, facecolor="white")
    target = page.path.with_suffix(".png")
    picture = Image.open(drawn).convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
    picture.save(target, optimize=True)
    return target


def _panels(count: int = 1, height: float = 2.9, **options: Any) -> tuple[Figure, list[Any]]:
    figure = Figure(figsize=(7.6, height), layout="constrained")
    found = list(np.ravel(figure.subplots(1, count, **options)))
    for axes in found:
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(True, color="0.9")
        axes.set_axisbelow(True)
    return figure, found


def _initial_weights(names: Names) -> Figure:
    figure, (axes,) = _panels()
    inputs = np.random.RandomState(0).randn(40, 784)
    for rule, colour in {"glorot": BLUE, "he": ORANGE, "1.0": GREY}.items():
        sums = np.ravel(inputs @ names["weights"][rule])
        height, edges = np.histogram(sums, bins=240, range=(-60, 60), density=True)
        axes.plot((edges[1:] + edges[:-1]) / 2, height, color=colour, label=f"sums, {rule}")
    x = np.linspace(-60, 60, 600)
    axes.plot(x, 0.4 / (1 + np.exp(-x)), color="black", linestyle=":", label="the sigmoid's shape")
    axes.set(xlabel="the sum that enters a unit", yticks=[], xlim=(-60, 60))
    axes.legend(loc="upper left", frameon=False)
    return figure


def _losses(names: Names) -> Figure:
    from helper import tf

    figure, (values, slopes) = _panels(2)
    z, forms, session = names["z"], names["forms"], names["session"]
    gradients = {name: tf.gradients(form, z)[0] for name, form in forms.items()}
    x = np.arange(0, 130, 1.0)
    styles = {"log(softmax)": (GREY, "-", 5), "log(clipped)": (ORANGE, "-", 2.5)}
    for name in forms:
        found = [session.run([forms[name], gradients[name]], {z: [[d, 0.0]]}) for d in x]
        colour, line, width = styles.get(name, (BLUE, "--", 2))
        style = {"color": colour, "linestyle": line, "linewidth": width, "label": name}
        values.plot(x, [value if np.isfinite(value) else np.nan for value, _ in found], **style)
        slopes.plot(x, [slope[0, 0] for _, slope in found], **style)
    values.set(xlabel="logit of the wrong class, the right one's is 0", title="loss")
    slopes.set(xlabel="the same", title="slope of the loss")
    values.legend(frameon=False)
    return figure


def _accuracies(names: Names) -> Figure:
    figure, (axes,) = _panels()
    batches = names["batch_accuracies"]
    axes.plot(range(len(batches)), batches, ".", color=GREY, markersize=2, label="one batch")
    steps, values = zip(*names["seen_at"], strict=True)
    axes.plot(steps, values, "o-", color=ORANGE, label="all 10,000 test images")
    axes.set(xlabel="step", ylabel="accuracy", ylim=(0.7, 1.005))
    axes.legend(loc="lower right", frameon=False)
    return figure


def _activations(names: Names) -> Figure:
    figure, panels = _panels(4, height=2.6)
    titles = {
        "sigmoid": "sigmoid",
        "sigmoid, pixels 0 to 255": "saturated sigmoid",
        "ReLU": "ReLU",
        "ReLU, learning rate 20": "dead ReLU",
    }
    for axes, (kind, title) in zip(panels, titles.items(), strict=True):
        relu = "ReLU" in kind
        values = np.ravel(names["kinds"][kind][1])
        weights = np.full(len(values), 100 / len(values))
        span = (0, 5) if relu else (0, 1)
        axes.hist(values, 25, span, weights=weights, color=ORANGE if " " in title else BLUE)
        axes.set(title=title, ylim=(0, 103), xlabel="activation")
    panels[0].set_ylabel("% of the activations")
    return figure


def _times(names: Names) -> Figure:
    figure, (axes,) = _panels(height=2.2)
    times = sorted(names["microseconds"].items(), key=lambda item: -item[1])
    bars = axes.barh(
        [name for name, _ in times],
        [value for _, value in times],
        color=[
            ORANGE if "feed" in name else GREY if "empty" in name else BLUE for name, _ in times
        ],
    )
    axes.bar_label(bars, [f" {value:.0f} µs" for _, value in times])
    axes.set(xlabel="microseconds of a step", xlim=(0, 1.15 * times[0][1]))
    return figure


def _updates(names: Names) -> Figure:
    figure, (axes,) = _panels()
    steps = range(6)
    axes.plot(steps, [0, *names["curves"][True]], "o-", color=BLUE, label="waits for the update")
    axes.plot(steps, [0, *names["curves"][False]], "s-", color=ORANGE, label="does not wait")
    axes.plot(steps, [0] * 6, "^-", color=GREY, label="update pruned")
    axes.set(xlabel="step", ylabel="w, as the step wrote it")
    axes.legend(frameon=False)
    return figure


def _distances(names: Names) -> Figure:
    figure, (axes,) = _panels()
    axes.semilogy(names["distance"], color=ORANGE, label="one bit flipped")
    axes.set(xlabel="step", ylabel="largest difference of a weight")
    axes.plot([], [], color=BLUE, label="the same seed: 0 at every step")
    axes.legend(frameon=False)
    return figure


def _many_runs(names: Names) -> Figure:
    figure, (axes,) = _panels()
    many = 100 * np.array(names["many"])
    bins = np.arange(91.6, 93.8, 0.05)
    for column, (units, colour) in enumerate({100: ORANGE, 200: BLUE}.items()):
        mean = many[:, column].mean()
        axes.hist(many[:, column], bins, color=colour, alpha=0.5, label=f"{units} units")
        axes.axvline(mean, color=colour, linewidth=2)
    axes.set(xlabel="test accuracy of one run, %", ylabel="runs")
    axes.legend(frameon=False)
    return figure


_DRAWN = {
    1: plans.chapter_1,
    2: plans.chapter_2,
    3: _initial_weights,
    4: _losses,
    5: _accuracies,
    6: _activations,
    7: _times,
    8: _updates,
    9: _distances,
    10: _many_runs,
}
