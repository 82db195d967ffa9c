"""A printed link, followed in a real browser and a real TensorBoard."""

from __future__ import annotations

import re
import time

import pytest

from helper.errors import LabError
from helper.runs import listing, tensorboard_links
from scripts.screenshots import browser
from tests.made_runs import make_run, scalar, write_events
from tests.tensorboard_server import serving

_PATIENCE = 60.0  # seconds until the page is drawn


@pytest.fixture(scope="module")
def window():
    try:
        with browser.chromium() as window:
            yield window
    except LabError as error:
        pytest.skip(str(error))


def test_a_link_shows_exactly_its_runs_unsmoothed(window, tmp_path):
    for number in range(1, 6):
        run = make_run(tmp_path / "softmax" / f"{number:04d}-seed={number}", seed=number)
        for split in ("train", "test"):
            points = ({"accuracy": s / 50, "loss": 1 - s / 50, "rate": 1.0} for s in range(40))
            write_events(run / split, *(scalar(s, values) for s, values in enumerate(points)))
    chosen = listing.find(tmp_path, ["softmax/2", "softmax/4"])
    records = [run.record for run in chosen]
    link = tensorboard_links.advice(tmp_path, [run.name for run in chosen], records).split()[-1]
    with serving(tmp_path) as server:
        server.until(lambda s: len(s.get("runs")) >= 10)
        window.get(link.replace("http://localhost:6006", server.address))
        cards = shown(window, lambda cards: sum("0004" in text for text in cards) == 2)
    assert {re.match(r"\w+", text)[0] for text in cards} == {"accuracy", "loss"}
    for text in cards:
        assert {"0002", "0004"} == set(re.findall(r"softmax/(\d{4})-seed=\d/(?:train|test)", text))
        assert "Smoothed" not in text


def shown(window, complete) -> list[str]:
    """The text of each chart, once it is complete: its tag, and a row for each run in it."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        cards = [card.text for card in window.find_elements("tag name", "scalar-card")]
        if complete(cards):
            return cards
        time.sleep(0.5)
    raise AssertionError(f"the charts are {cards}")
