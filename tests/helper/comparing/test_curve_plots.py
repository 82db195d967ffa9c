from __future__ import annotations

import numpy as np
import pytest

from helper.comparing import curve_plots, plots
from helper.errors import UsageError

LOOK = curve_plots.Look()


def entries(figure):
    (legend,) = figure.legends
    return [text.get_text() for text in legend.get_texts()]


def line(run="softmax/0001", split="train", metric="loss", y=(3.0, 2.0, 1.0)):
    return curve_plots.Line(run, split, metric, np.arange(len(y)), np.array(y))


def drawn(axes):
    return {curve.get_label(): curve for curve in axes.get_lines()}


def test_one_run_is_black_and_red():
    lines = [line(split=s, metric=m) for m in ("loss", "accuracy") for s in ("train", "test")]
    figure = curve_plots.curves(lines, curve_plots.Look(ranges={"accuracy": (0.5, 1)}))
    loss, accuracy = figure.axes
    colours = {name.split()[1]: curve.get_color() for name, curve in drawn(loss).items()}
    assert colours == {"train": "black", "test": "red"}
    assert drawn(loss)["softmax/0001 train"].get_ydata().tolist() == [3, 2, 1]
    assert (loss.get_ylabel(), accuracy.get_ylabel(), loss.get_xlabel()) == (
        ("loss", "accuracy", "step")
    )
    assert accuracy.get_ylim() == (0.5, 1)
    assert entries(figure) == ["train", "test"]


def test_several_runs_have_a_colour_each():
    lines = [line(run=r, split=s) for r in ("a/1", "b/2") for s in ("train", "test")]
    figure = curve_plots.curves(lines, curve_plots.Look(log_x=True, log_y=True))
    (axes,) = figure.axes
    curves = drawn(axes)
    assert curves["a/1 train"].get_color() == curves["a/1 test"].get_color()
    assert curves["a/1 test"].get_color() != curves["b/2 test"].get_color()
    assert curves["a/1 train"].get_linestyle() != curves["a/1 test"].get_linestyle()
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert entries(figure) == ["a/1", "b/2", "train", "test"]


def test_smoothing_by_hand():
    found = curve_plots.smoothed(np.array([1.0, 3.0, np.nan, 5.0]), 0.5)
    # 1; (0.5·0.5·1 + 0.5·3) / 0.75; nothing; (0.25·0.5·1 + 0.5·0.5·3 + 0.5·5) / 0.875
    np.testing.assert_allclose(found, [1, 1.75 / 0.75, np.nan, 3.375 / 0.875])
    np.testing.assert_array_equal(curve_plots.smoothed(np.array([1.0, 4.0]), 0.0), [1, 4])


def test_smoothed_curves_keep_what_was_logged_in_the_background():
    (axes,) = curve_plots.curves([line()], curve_plots.Look(smooth=0.9)).axes
    raw, smooth = axes.get_lines()
    assert raw.get_alpha() < 1 and raw.get_ydata().tolist() == [3, 2, 1]
    assert smooth.get_ydata()[-1] == pytest.approx((0.81 * 3 + 0.9 * 2 + 1) / 2.71)


def test_curves_are_bounded():
    with pytest.raises(UsageError, match="21 metrics are too many"):
        curve_plots.curves([line(metric=str(i)) for i in range(21)], curve_plots.Look())


AWKWARD = [r"$\frac{", "_hidden", r"a\$b$", "\x1b[31m", "\udcff"]


def test_names_are_drawn_literally(tmp_path):
    lines = [line(run=name, metric="$^$") for name in AWKWARD]
    figure = curve_plots.curves(lines, curve_plots.Look())
    plots.save(figure, str(tmp_path / "a.svg"))
    (legend,) = figure.legends
    shown = [r"$\frac{", "_hidden", r"a\$b$", r"\x1b[31m", r"\udcff"]
    assert [text.get_text() for text in legend.get_texts()] == [*shown, "train"]
    svg = (tmp_path / "a.svg").read_text()
    assert all(f"<!-- {s} -->" in svg for s in shown)  # the text before it becomes outlines
    assert "<!-- $^$ -->" in svg


def test_the_legend_names_runs_that_only_the_second_panel_has():
    lines = [line(run="a"), line(run="a", metric="cost"), line(run="b", metric="cost")]
    (legend,) = curve_plots.curves(lines, curve_plots.Look()).legends
    assert [text.get_text() for text in legend.get_texts()] == ["a", "b", "train"]
    assert [handle.get_color() for handle in legend.legend_handles][:2] == ["C0", "C1"]


def test_a_legend_is_beside_the_panels_and_widens_the_figure():
    figure = curve_plots.curves([line(run=f"run {i}", split="test") for i in range(8)], LOOK)
    figure.draw_without_rendering()
    (axes,), (legend,) = figure.axes, figure.legends
    panel, box = axes.get_window_extent(), legend.get_window_extent()
    assert panel.x1 < box.x0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1
    assert panel.width > 5 * figure.dpi


@pytest.mark.parametrize(("runs", "named", "last"), [(40, 40, "run 39"), (41, 39, "… and 2 more")])
def test_a_legend_of_many_runs_fits(runs, named, last):
    lines = [line(run=f"run {i}", split=s) for i in range(runs) for s in ("train", "test")]
    figure = curve_plots.curves(lines, LOOK)
    figure.draw_without_rendering()
    found = entries(figure)
    assert len(found) == 42 and found[39] == last and found[40:] == ["train", "test"]
    (legend,) = figure.legends
    assert legend.get_window_extent().y0 >= 0
    styles = {(h.get_color(), h.get_marker()) for h in legend.legend_handles[:named]}
    assert len(styles) == named  # each run looks like no other


def test_the_y_axis_leaves_out_the_first_points_unless_asked():
    lines = [line(y=(2.3, 0.5, 0.3)), line(run="b", y=(2.3, 0.6, 0.4))]
    (axes,) = curve_plots.curves(lines, LOOK).axes
    assert axes.get_ylim() == pytest.approx((0.3 - 0.015, 0.6 + 0.015))
    (axes,) = curve_plots.curves(lines, curve_plots.Look(from_start=True)).axes
    assert axes.get_ylim() == pytest.approx((0.2, 2.4))


def test_a_diverged_run_does_not_decide_the_y_axis():
    lines = [
        line(y=(0.1, 0.8, 0.9)),
        curve_plots.Line("b", "test", "loss", *2 * [np.arange(3)], True),
    ]
    (axes,) = curve_plots.curves(lines, LOOK).axes
    assert axes.get_ylim() == pytest.approx((0.795, 0.905))


def test_a_smoothed_curve_is_on_the_axis():
    (axes,) = curve_plots.curves(
        [line(y=(100.0, 1.0, 1.0, 1.0))], curve_plots.Look(smooth=0.9)
    ).axes
    smooth = axes.get_lines()[1].get_ydata()
    assert axes.get_ylim()[0] < 1 and axes.get_ylim()[1] > smooth[2]
