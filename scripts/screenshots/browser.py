"""TensorBoard on a free port, and a headless Chromium that looks at it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from helper.errors import LabError, reason

_CHROMIUM_ARGUMENTS = (
    "--headless",
    "--disable-gpu",
    "--disable-dev-shm-usage",  # which is small in containers
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1160,680",
)
_START_SECONDS = 60
_PAGE_SECONDS = 30


@contextmanager
def tensorboard(logdir: str) -> Iterator[str]:
    """A TensorBoard on a free port of this machine; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tensorboard.main",
            "--logdir",
            logdir,
            "--port",
            str(port),
            "--samples_per_plugin",
            "scalars=100000",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for_runs(server, f"{address}/data/runs")
        yield address
    finally:
        server.terminate()
        server.wait()


def wait_for_runs(server: subprocess.Popen[bytes], address: str) -> None:
    """Until TensorBoard has found a run. Raises LabError."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                if answer.read().strip() != b"[]":
                    return
        except OSError:
            pass
        time.sleep(0.2)
    raise LabError("TensorBoard shows no run; train one first: python experiments/softmax.py")


@contextmanager
def chromium() -> Iterator[Any]:
    """A headless Chromium, driven by Selenium. Raises LabError where either is missing, or the
    browser does not start."""
    try:
        from selenium import webdriver
        from selenium.common.exceptions import WebDriverException
    except ImportError:
        raise LabError("Selenium is not installed: pip install selenium") from None
    browser = find("chromium", "chromium-browser")
    driver = find("chromedriver")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for argument in _CHROMIUM_ARGUMENTS:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    try:
        window = webdriver.Chrome(options, webdriver.ChromeService(driver))
    except WebDriverException as error:
        raise LabError(f"Chromium does not start here: {reason(error)}") from None
    try:
        yield window
    finally:
        window.quit()


def find(*names: str) -> str:
    """The first of these programs that is installed. Raises LabError."""
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        raise LabError(f"{names[0]} is not installed; on Debian: apt-get install chromium-driver")
    return path


def wait_for(window: Any, selector: str, least: int = 1) -> list[Any]:
    """The elements of this CSS selector, when there are so many. Raises LabError."""
    deadline = time.monotonic() + _PAGE_SECONDS
    while time.monotonic() < deadline:
        if len(found := window.find_elements("css selector", selector)) >= least:
            return found
        time.sleep(0.05)
    raise LabError(f"the page does not show {selector}")


def save(window: Any, picture: Path) -> None:
    """What the window shows, as a PNG file. Raises LabError."""
    if not window.save_screenshot(str(picture)):
        raise LabError(f"cannot write {picture}")
