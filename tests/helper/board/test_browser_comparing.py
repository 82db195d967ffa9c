"""Runs, curves and verdicts in the tab, in a headless Chromium."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helper.comparing.comparison import group, group_table
from helper.runs import listing
from scripts.screenshots import browser, tab
from tests.made_runs import make_run
from tests.tensorboard_server import Server, serving

pytestmark = pytest.mark.slow

HOSTILE = "<img src=x onerror=console.error(1)>"
SEEDS = (1, 2, 3)


@pytest.fixture(scope="module")
def logdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seeds of two learning rates, the second one better, and a run that says much."""
    path, rng = tmp_path_factory.mktemp("logs"), np.random.default_rng(0)
    label = rng.integers(0, 10, 2000)
    for place, rate in enumerate((0.1, 0.5)):
        for seed in SEEDS:
            wrong = rng.random(len(label)) < 0.2 - 0.1 * place
            predicted = np.where(wrong, (label + 1) % 10, label)
            accuracy = float(np.mean(predicted == label))
            make_run(
                path / "softmax" / f"{3 * place + seed:04d}-learning_rate={rate},seed={seed}",
                accuracy,
                {0: 0.1, 50: accuracy - 0.1, 100: accuracy},
                predicted,
                label,
                learning_rate=rate,
                batch_size=100,
                seed=seed,
            )
    make_run(path / "other" / "0001", 0.5, note=HOSTILE)
    (path / "softmax" / "0007").mkdir()
    (path / "softmax" / "0007" / "run.json").write_text("{")
    return path


@pytest.fixture(scope="module")
def server(logdir: Path) -> Iterator[Server]:
    with serving(logdir) as found:
        yield found


def names(server: Server) -> list[str]:
    runs = server.get("plugin/graph_lab/runs")["runs"]
    return [run["name"] for run in runs if run["name"].startswith("softmax") and run["key"]]


def opened(window: Any, server: Server, view: str, **state: Any) -> None:
    tab.open_tab(window, server.address, {"view": view, **state})


def until(window: Any, script: str) -> Any:
    """What the script returns, when it is true."""
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(window, 20, 0.05).until(lambda w: w.execute_script(f"return {script}"))


def rows(window: Any) -> list[str]:
    return [row.text for row in browser.wait_for(window, ".runs tbody tr")]


def wait_for(window: Any, path: str) -> Any:
    """The first element of this XPath."""
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(window, 20, 0.05).until(lambda w: w.find_elements("xpath", path))[0]


def press(window: Any, text: str) -> None:
    wait_for(window, f"//button[normalize-space()='{text}']").click()


BOTH = [f"softmax/000{place}" for place in range(1, 7)]


def test_runs_that_differ_in_the_seed_are_one_row_that_unfolds(window, server) -> None:
    opened(window, server, "runs")
    found = rows(window)
    assert len(found) == 4
    group = next(text for text in found if "learning_rate=0.5" in text)
    assert "±" in group and "1–3" in group and "3 completed" in group
    (fold,) = window.find_elements("xpath", "//tr[contains(., 'learning_rate=0.5')]//button")
    fold.click()
    until(window, "document.querySelectorAll('tr.depth1').length === 3")
    window.find_elements("css selector", "tr.depth1 .fold")[0].click()
    until(window, "document.querySelector('.record')?.innerText.includes('flags.txt')")


def test_the_mean_and_deviation_are_those_of_the_terminal(window, server, logdir) -> None:
    runs = listing.find(logdir, ["softmax/*"])
    table = group_table(group(runs, ["-seed"]), ["test/accuracy"])
    opened(window, server, "runs")
    found = "\n".join(rows(window))
    for row in table.rows:
        assert f"{row['test/accuracy']:.4f} ± {row['± test/accuracy']:.2g}" in found


def test_a_ticked_group_is_in_the_address_and_in_every_view(window, server) -> None:
    opened(window, server, "runs")
    path = "//tr[contains(., 'learning_rate=0.5')]//input"
    wait_for(window, path).click()
    assert "3 ticked" in browser.wait_for(window, ".ticked")[0].text
    address = window.execute_script("return new URL(parent.location).searchParams.get('graphLab')")
    assert json.loads(address)["ticked"] == BOTH[3:]
    colour = "getComputedStyle(document.querySelector('{}')).stroke"
    row = "//tr[contains(., 'learning_rate=0.5')]//*[name()='path']"
    before = window.find_element("xpath", row).value_of_css_property("stroke")
    window.find_element("css selector", "#tab-curves").click()
    browser.wait_for(window, "path.mean")
    assert window.execute_script(f"return {colour.format('path.mean')}") == before


def test_the_filter_speaks_the_language_of_where(window, server) -> None:
    from selenium.webdriver import Keys

    opened(window, server, "runs", grouped=False)
    (box,) = browser.wait_for(window, ".filter input")
    box.send_keys("learning_rate<0.3 and experiment=softmax", Keys.ENTER)
    until(window, "document.querySelectorAll('.runs tbody tr').length === 3")
    box.send_keys(" and", Keys.ENTER)
    until(window, "document.querySelector('#filter-error').textContent.includes('the end')")
    assert len(rows(window)) == 3
    refused = [entry["message"] for entry in window.get_log("browser")]
    assert any("400" in text for text in refused)  # as a browser notes it


def test_rows_are_sorted_the_best_first(window, server) -> None:
    opened(window, server, "runs", grouped=False)
    press(window, "test/accuracy")
    until(window, "document.querySelector('[aria-sort=descending]')")
    found = rows(window)
    assert "learning_rate=0.5" in found[0]
    assert "damaged" in found[-1]


def test_what_a_run_says_is_text(window, server) -> None:
    opened(window, server, "runs", grouped=False)
    assert any(HOSTILE in text for text in rows(window))
    assert not window.find_elements("css selector", ".runs img")


def test_curves_are_named_and_lead_to_their_row(window, server) -> None:
    from selenium.webdriver import Keys

    opened(window, server, "curves", ticked=BOTH, **{"curves.each": True})
    browser.wait_for(window, "path.mean", 2)
    assert len(window.find_elements("css selector", "path.band")) == 2
    assert len(window.find_elements("css selector", "path.each")) == 6
    (chart,) = browser.wait_for(window, "[data-tag='test/accuracy'] svg")
    chart.send_keys(Keys.ARROW_LEFT)
    chart.send_keys(Keys.ARROW_DOWN)
    (tip,) = browser.wait_for(window, ".tip:not([hidden])")
    assert "softmax/0001-learning_rate=0.1,seed=1" in tip.text and "step 100:" in tip.text
    chart.send_keys(Keys.ENTER)
    browser.wait_for(window, "tr.revealed[data-name='softmax/0001-learning_rate=0.1,seed=1']")


def test_curves_against_each_axis_also_logarithmic(window, server) -> None:
    from selenium.webdriver.support.ui import Select

    state = {"curves.logx": True, "curves.logy": True, "curves.smoothing": 0.5}
    opened(window, server, "curves", ticked=BOTH, **state)
    for axis in ("step", "epoch", "seconds"):
        Select(browser.wait_for(window, ".choice select")[0]).select_by_value(axis)
        until(window, f"document.querySelector('.chart svg').ariaLabel.includes('{axis}')")
        found = window.execute_script(
            "return [...document.querySelectorAll('.chart path')].map(p => p.getAttribute('d'))"
        )
        assert any(found), axis
        assert "NaN" not in "".join(found) and "Infinity" not in "".join(found)


def test_the_verdict_is_the_servers(window, server) -> None:
    opened(window, server, "verdict")
    labels = [f"softmax learning_rate={rate}" for rate in (0.1, 0.5)]
    press(window, " against ".join(labels))
    (headline,) = browser.wait_for(window, ".headline")
    every = sorted(names(server))
    sides = [{"label": label, "runs": every[3 * i : 3 * i + 3]} for i, label in enumerate(labels)]
    answer = server.post("plugin/graph_lab/verdict", {"sides": sides, "confidence": 0.95})
    assert headline.text == answer["sentence"]
    assert len(window.find_elements("css selector", ".intervals")) == 2
    (row,) = window.find_elements("css selector", ".verdict-table tbody tr")
    assert answer["pairs"][0]["test"] in row.text


def test_more_than_two_sides_are_corrected_and_ranked(window, server) -> None:
    opened(window, server, "verdict", ticked=BOTH, **{"verdict.by": "runs"})
    browser.wait_for(window, ".headline")
    assert len(window.find_elements("css selector", ".verdict-table tbody tr")) == 5
    assert "p (Holm)" in window.find_element("css selector", ".verdict-table").text
    press(window, "All 15 pairs")
    until(window, "document.querySelectorAll('.verdict-table tbody tr').length === 15")


def test_time_series_opens_with_exactly_these_runs(window, server) -> None:
    opened(window, server, "runs", ticked=BOTH[1:3])
    (link,) = browser.wait_for(window, ".ticked a.link")
    address = link.get_attribute("href")
    window.switch_to.default_content()
    window.get(address)
    until(window, "document.querySelectorAll('tb-data-table-content-row').length >= 4")
    found = window.find_elements("css selector", "runs-data-table tb-data-table-content-row")
    shown = {row.text.split()[0].split("/test")[0] for row in found if "softmax" in row.text}
    assert {name[:12] for name in shown} == set(BOTH[1:3])


@pytest.mark.parametrize("state", ["5", '{"view": 3, "ticked": "x", "sort": []}'])
def test_a_broken_address_is_no_trouble(window, server, state) -> None:
    tab.open_tab(window, server.address, json.loads(state))
    browser.wait_for(window, "main .view")
