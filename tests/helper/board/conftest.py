"""A headless Chromium for the tests of the tab."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from helper.errors import LabError
from scripts.screenshots import browser


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    try:
        with browser.chromium() as window:
            yield window
    except LabError as error:
        pytest.skip(str(error))


@pytest.fixture
def window(chromium: Any) -> Iterator[Any]:
    """The browser; nothing may be reported in its console, and nothing come from elsewhere."""
    chromium.set_window_size(1280, 860)
    chromium.get_log("browser")
    yield chromium
    lines = [f"{entry['level']} {entry['message']}" for entry in chromium.get_log("browser")]
    assert not [line for line in lines if "SEVERE" in line or "Content Security Policy" in line]
    loaded = chromium.execute_script(
        "return performance.getEntriesByType('resource').map(entry => entry.name)"
    )
    own = chromium.execute_script("return location.origin")
    assert loaded and not [name for name in loaded if not name.startswith((own, "data:", "blob:"))]
