from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from helper.comparing import plots
from helper.errors import LabError, UsageError


def line(run="softmax/0001", split="train", metric="loss", y=(3.0, 2.0, 1.0)):
    return plots.Line(run, split, metric, np.arange(len(y)), np.array(y))


def drawn(axes):
    return {curve.get_label(): curve for curve in axes.get_lines()}


def test_one_run_is_black_and_red():
    lines = [line(split=s, metric=m) for m in ("loss", "accuracy") for s in ("train", "test")]
    figure = plots.curves(lines, plots.Look(ranges={"accuracy": (0.5, 1)}))
    loss, accuracy = figure.axes
    colours = {name: curve.get_color() for name, curve in drawn(loss).items()}
    assert colours == {"train": "black", "test": "red"}
    assert drawn(loss)["train"].get_ydata().tolist() == [3, 2, 1]
    assert (loss.get_ylabel(), accuracy.get_ylabel(), loss.get_xlabel()) == (
        ("loss", "accuracy", "step")
    )
    assert accuracy.get_ylim() == (0.5, 1) and loss.get_legend() is not None


def test_several_runs_have_a_colour_each():
    lines = [line(run=r, split=s) for r in ("a/1", "b/2") for s in ("train", "test")]
    figure = plots.curves(lines, plots.Look(log_x=True, log_y=True))
    (axes,) = figure.axes
    curves = drawn(axes)
    assert curves["a/1 train"].get_color() == curves["a/1 test"].get_color()
    assert curves["a/1 test"].get_color() != curves["b/2 test"].get_color()
    assert curves["a/1 train"].get_linestyle() != curves["a/1 test"].get_linestyle()
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    (legend,) = figure.legends
    assert len(legend.get_texts()) == 4


def test_smoothing_by_hand():
    found = plots.smoothed(np.array([1.0, 3.0, np.nan, 5.0]), 0.5)
    # 1; (0.5·0.5·1 + 0.5·3) / 0.75; nothing; (0.25·0.5·1 + 0.5·0.5·3 + 0.5·5) / 0.875
    np.testing.assert_allclose(found, [1, 1.75 / 0.75, np.nan, 3.375 / 0.875])
    np.testing.assert_array_equal(plots.smoothed(np.array([1.0, 4.0]), 0.0), [1, 4])


def test_smoothed_curves_keep_what_was_logged_in_the_background():
    (axes,) = plots.curves([line()], plots.Look(smooth=0.9)).axes
    raw, smooth = axes.get_lines()
    assert raw.get_alpha() < 1 and raw.get_ydata().tolist() == [3, 2, 1]
    assert smooth.get_ydata()[-1] == pytest.approx((0.81 * 3 + 0.9 * 2 + 1) / 2.71)


def test_activation_functions():
    (axes,) = plots.activations(["relu", "sigmoid", "tanh", "identity"], -5, 5).axes
    curves = drawn(axes)
    x = curves["relu"].get_xdata()
    assert x[0] == -5 and x[-1] < 5
    np.testing.assert_allclose(curves["relu"].get_ydata(), np.where(x > 0, x, 0))
    np.testing.assert_allclose(curves["sigmoid"].get_ydata(), (1 + np.tanh(x / 2)) / 2)
    np.testing.assert_allclose(curves["tanh"].get_ydata(), np.tanh(x))
    np.testing.assert_allclose(curves["identity"].get_ydata(), x)


def test_strip_shows_each_image_with_its_label_and_mistakes_in_red():
    images = np.random.RandomState(0).randint(0, 256, (12, 4, 8)).astype(np.uint8)
    labels = [str(i) for i in range(12)]
    figure = plots.strip(images, labels, [i == 8 for i in range(12)])
    (axes,) = figure.axes
    assert figure.get_size_inches().tolist() == [9, 2.4]
    assert [text.get_text() for text in axes.texts] == labels
    assert [i for i, text in enumerate(axes.texts) if text.get_color() == "red"] == [8]
    for drawn, image in zip(axes.images, images, strict=True):
        np.testing.assert_array_equal(drawn.get_array(), image)
    # The last one is the second in the second row, twice as wide as high, above its label.
    assert axes.images[11].get_extent() == pytest.approx([0.95, 1.75, 1.85, 1.45])
    assert axes.texts[11].get_position() == pytest.approx((1.35, 2.1))
    assert (axes.get_xlim(), axes.get_ylim()) == ((0, 9), (2.4, 0))


def test_strip_is_bounded():
    with pytest.raises(UsageError, match="1,001 images are too many"):
        plots.strip(np.zeros((1001, 2, 2), np.uint8), ["0"] * 1001)


def test_curves_are_bounded():
    with pytest.raises(UsageError, match="21 metrics are too many"):
        plots.curves([line(metric=str(i)) for i in range(21)], plots.Look())


AWKWARD = [r"$\frac{", "_hidden", r"a\$b$", "\x1b[31m", "\udcff"]


def test_names_are_drawn_literally(tmp_path):
    lines = [line(run=name, metric="$^$") for name in AWKWARD]
    figure = plots.curves(lines, plots.Look())
    plots.save(figure, str(tmp_path / "a.svg"))
    (legend,) = figure.legends
    shown = [r"$\frac{", "_hidden", r"a\$b$", r"\x1b[31m", r"\udcff"]
    assert [text.get_text() for text in legend.get_texts()] == [f"{s} train" for s in shown]
    svg = (tmp_path / "a.svg").read_text()
    assert all(f"<!-- {s} train -->" in svg for s in shown)  # the text before it becomes outlines
    assert "<!-- $^$ -->" in svg


def test_the_legend_names_runs_that_only_the_second_panel_has():
    lines = [line(run="a"), line(run="a", metric="cost"), line(run="b", metric="cost")]
    (legend,) = plots.curves(lines, plots.Look()).legends
    assert [text.get_text() for text in legend.get_texts()] == ["a train", "b train"]
    assert [handle.get_color() for handle in legend.legend_handles] == ["C0", "C1"]


@pytest.mark.parametrize("name", ["a.gif", "png", "dir/"])
def test_files_of_no_known_kind(name):
    with pytest.raises(UsageError, match="end it in .png, .svg, .pdf"):
        plots.check_target(name)


def test_save(tmp_path):
    figure = plots.activations(["relu"], -1, 1)
    plots.save(figure, str(tmp_path / "a.png"))
    pixels = np.array(Image.open(tmp_path / "a.png"))
    assert pixels.shape[:2] == (576, 768) and len(np.unique(pixels)) > 10
    plots.save(figure, str(tmp_path / "a.svg"))
    assert "<svg" in (tmp_path / "a.svg").read_text()
    with pytest.raises(LabError, match="cannot write"):
        plots.save(figure, str(tmp_path / "no" / "a.png"))
