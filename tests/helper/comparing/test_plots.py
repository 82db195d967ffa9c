from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from helper.comparing import plots
from helper.errors import LabError, UsageError


def drawn(axes):
    return {curve.get_label(): curve for curve in axes.get_lines()}


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
