"""The tab as a person uses it, in a headless Chromium."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helper.data import datasets
from scripts.screenshots import browser, tab
from tests import experiment_modules
from tests.made_runs import make_run
from tests.tensorboard_server import Server, serving

pytestmark = pytest.mark.slow

A, B = "softmax/0001-a", "softmax/0002-b"
SEEDS = [f"seeds/000{at}" for at in range(1, 5)]  # two seeds each of two learning rates
OTHER = "other/0001"  # without a network, and trained on data that are not here


def said(run: int | None) -> np.ndarray:
    """int64 [100], what a run of SEEDS says of ten digits of each class; None: the truth.

    5, 5, 2 and 3 eights are taken for threes.
    """
    label = np.arange(100) % 10
    if run is not None:
        label[np.flatnonzero(label == 8)[: (5, 5, 2, 3)[run]]] = 3
    return label


@pytest.fixture(scope="module")
def logdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two networks that know digits, with different learning rates, and a run without any."""
    path = tmp_path_factory.mktemp("logs")
    with pytest.MonkeyPatch.context() as monkeypatch:
        data = datasets.load("mnist_5k")
        for name, rate in (("a", 0.1), ("b", 0.5)):
            arguments = ["--dataset=mnist_5k", "--steps=300", f"--run_name={name}"]
            arguments += [f"--learning_rate={rate}", f"--logdir={path}"]
            assert experiment_modules.run(monkeypatch, data, "softmax", *arguments) == 0
    make_run(path / OTHER)
    for at, name in enumerate(SEEDS):
        rate = 0.1 if at < 2 else 0.5
        made = {"predicted": said(at), "label": said(None), "seed": at % 2, "learning_rate": rate}
        make_run(path / name, **made)
    return path


@pytest.fixture(scope="module")
def server(logdir: Path) -> Iterator[Server]:
    with serving(logdir) as found:
        yield found


def opened(window: Any, server: Server, view: str, *ticked: str, **state: Any) -> None:
    tab.open_tab(window, server.address, {"view": view, "ticked": list(ticked), **state})


def texts(window: Any, selector: str, least: int = 1) -> list[str]:
    return [found.text for found in browser.wait_for(window, selector, least)]


def until(window: Any, script: str) -> Any:
    """What the script returns, when it is true."""
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(window, 20, 0.05).until(lambda w: w.execute_script(f"return {script}"))


def test_the_table_of_runs_is_drawn(window, server) -> None:
    opened(window, server, "runs", A)
    table = "\n".join(texts(window, ".runs tbody tr", 2))
    assert A in table and B in table
    ticked = browser.wait_for(window, ".runs tbody input:checked")
    assert len(ticked) == 1


@pytest.mark.parametrize("width", [1280, 500])
def test_every_view_is_drawn_and_fits_the_window(window, server, width) -> None:
    window.set_window_size(width, 800)
    opened(window, server, "runs", A, B, **{"draw.index": 1})
    for view, (drawn, _) in tab.VIEWS.items():
        choose(window, view)
        browser.wait_for(window, drawn)
        too_wide = window.execute_script(
            "const main = document.querySelector('main');"
            "return Math.max(main.scrollWidth - main.clientWidth,"
            " document.documentElement.scrollWidth - innerWidth)"
        )
        assert too_wide <= 1, view


def choose(window: Any, view: str) -> None:
    (button,) = browser.wait_for(window, f"#tab-{view}")
    button.click()
    until(window, f"document.querySelector('main').ariaLabel === {json.dumps(button.text)}")


def test_without_any_run_it_says_how_to_make_one(window, tmp_path) -> None:
    with serving(tmp_path) as empty:
        opened(window, empty, "runs")
        for view in tab.VIEWS:
            choose(window, view)
            until(window, "document.body.innerText.includes('python experiments/softmax.py')")


def stroke(window: Any, *points: tuple[float, float]) -> None:
    """Drawn with the pointer; from the middle of the paper, in parts of its width."""
    from selenium.webdriver import ActionChains

    (canvas,) = browser.wait_for(window, "canvas")
    window.execute_script("arguments[0].scrollIntoView()", canvas)
    places = [tuple(round(at * canvas.rect["width"]) for at in point) for point in points]
    actions = ActionChains(window, duration=20)
    actions.move_to_element_with_offset(canvas, *places[0]).click_and_hold()
    for place in places[1:]:
        actions.move_to_element_with_offset(canvas, *place)
    actions.release().perform()


def test_a_drawn_digit_is_answered(window, server) -> None:
    opened(window, server, "draw", A, B)
    stroke(window, (-0.2, -0.3), (-0.2, 0.1))  # small and beside the middle: it is centred
    assert texts(window, ".answer .said", 2) == ["1", "1"]
    assert texts(window, ".draw .headline") == ["All 2 say 1."]
    assert all(len(card.find_elements("css selector", ".bar")) == 10 for card in cards(window))
    assert all("readout" in card.text for card in cards(window))
    press(window, "Undo")
    until(window, "!document.querySelector('.answer')")


def cards(window: Any) -> list[Any]:
    return browser.wait_for(window, ".answer")


def press(window: Any, text: str) -> None:
    window.find_element("xpath", f"//button[.='{text}']").click()


def test_a_digit_is_drawn_with_the_keyboard(window, server) -> None:
    from selenium.webdriver import ActionChains, Keys

    opened(window, server, "draw", A)
    (canvas,) = browser.wait_for(window, "canvas")
    window.execute_script("arguments[0].focus()", canvas)
    actions = ActionChains(window, duration=0).key_down(Keys.SHIFT)
    for _ in range(12):
        actions.send_keys(Keys.ARROW_DOWN)
    actions.key_up(Keys.SHIFT).perform()
    until(window, "document.querySelector('.answer .said')?.textContent === '1'")


def test_a_test_image_is_changed_by_hand(window, server, logdir) -> None:
    with np.load(logdir / A / "predictions.npz") as arrays:
        predicted = arrays["predicted"]
    opened(window, server, "draw", A, **{"draw.index": 3})
    assert texts(window, ".answer .said") == [str(predicted[3])]
    before = browser.wait_for(window, "img.seen")[0].get_attribute("src")
    assert "right" in cards(window)[0].text or "wrong" in cards(window)[0].text
    stroke(window, (-0.4, 0), (0.4, 0))
    until(window, f"document.querySelector('img.seen').src !== {json.dumps(before)}")
    until(window, "!/right|wrong/.test(document.querySelector('.answer').innerText)")


def test_a_run_that_cannot_answer_says_so_beside_those_that_can(window, server) -> None:
    opened(window, server, "draw", OTHER, A, **{"draw.index": 3})
    browser.wait_for(window, ".answer", 2)
    assert "right" in cards(window)[0].text or "wrong" in cards(window)[0].text
    assert OTHER in cards(window)[1].text
    assert cards(window)[1].find_element("css selector", ".problem").text


def test_a_cell_shows_its_images_and_what_runs_say(window, server) -> None:
    opened(window, server, "confusion", A, B, **{"confusion.mode": "a"})
    browser.wait_for(window, "[data-place]", 100)
    answer = server.post("plugin/graph_lab/confusion", {"run": A, "other": B})
    counts = np.array(answer["counts"])
    np.fill_diagonal(counts, 0)
    true, said = (int(at) for at in np.unravel_index(counts.argmax(), counts.shape))
    (cell,) = browser.wait_for(window, f"[data-place='{true},{said}']")
    assert cell.text == str(counts.max())
    cell.click()
    images = browser.wait_for(window, ".thumbnail img")
    assert len(images) == counts.max()
    assert all(image.get_property("naturalWidth") == 28 for image in images)
    assert f"✗ A {said}" in texts(window, ".thumbnail")[0]
    images[0].click()
    assert texts(window, "dialog .answer .said", 2)[0] == str(said)
    press(window, "Close")
    until(window, "!document.querySelector('dialog[open]')")


def test_what_only_one_run_has_right(window, server) -> None:
    opened(window, server, "confusion", A, B)
    browser.wait_for(window, "[data-place]", 100)
    answer = server.post("plugin/graph_lab/confusion", {"run": A, "other": B})
    press(window, f"Only B right: {answer['only_b_right']}")
    shown = texts(window, ".thumbnail", min(60, answer["only_b_right"]))
    assert all("✗ A" in text and "✓ B" in text for text in shown)


def test_all_seeds_of_two_groups(window, server, logdir) -> None:
    opened(window, server, "confusion", *SEEDS, **{"confusion.mode": "seeds"})
    until(window, "document.querySelector('.headline')?.textContent.startsWith('On average')")
    right = [np.sum(said(at) == 8) for at in range(4)]
    (cell,) = browser.wait_for(window, "[data-place='8,8']")
    assert cell.text == f"+{(right[2] + right[3] - right[0] - right[1]) / 2:g}"
    (line,) = texts(window, ".headline")
    assert "learning_rate=0.5 gets 2.5 ± 0.5 more right; it is ahead at 8 (+2.5 ± 0.5)" in line


def test_ticks_stay_from_view_to_view_and_over_a_reload(window, server) -> None:
    opened(window, server, "runs", A, B)
    for view in ("curves", "draw", "runs"):
        choose(window, view)
    window.switch_to.default_content()
    assert "0001" in window.current_url and "0002" in window.current_url
    window.refresh()
    tab.enter(window)
    assert len(browser.wait_for(window, ".runs tbody input:checked", 2)) == 2


@pytest.mark.parametrize("dark", [False, True])
def test_dark_mode_is_tensorboards(window, server, dark) -> None:
    state = {"view": "draw", "ticked": [A]}
    tab.open_tab(window, server.address, state, darkMode=str(dark).lower())
    browser.wait_for(window, "canvas")
    until(window, f"document.documentElement.classList.contains('dark') === {str(dark).lower()}")
    colour = window.execute_script("return getComputedStyle(document.body).backgroundColor")
    brightness = sum(int(part) for part in colour[4:-1].split(",")) / 3
    assert brightness < 60 if dark else brightness > 220
