"""Take pictures of TensorBoard with headless Chromium: the curves and the graph of some runs.

    python scripts/screenshot.py --logdir logs --out docs

Writes curves.png and graph.png. Needs Selenium (pip install selenium) and Chromium with its driver
(Debian: apt-get install chromium-driver).
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from helper import command
from helper.errors import LabError

_CARDS = [{"plugin": "scalars", "tag": tag} for tag in ("accuracy", "loss")]
_CURVES = urllib.parse.urlencode(
    {"smoothing": 0, "runFilter": "(train|test)$", "pinnedCards": json.dumps(_CARDS)}
)
PAGES = {"curves.png": f"?{_CURVES}#timeseries", "graph.png": "#graphs"}
_CHROMIUM_ARGUMENTS = (
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1160,680",
)
# The charts are drawn by workers that report nothing when they are done.
_REST_SECONDS = 8
_START_SECONDS = 60


def main() -> None:
    parser = command.Parser(__doc__)
    parser.add_argument("--logdir", default="logs", help="where runs are (default: logs)")
    parser.add_argument(
        "--out", type=Path, default=Path("docs"), help="where the pictures go (default: docs)"
    )
    arguments = parser.parse_args()
    if not Path(arguments.logdir).is_dir():
        raise LabError(f"{arguments.logdir} is not a directory; name one with --logdir")
    arguments.out.mkdir(parents=True, exist_ok=True)
    with tensorboard(arguments.logdir) as address, chromium() as window:
        for name, page in PAGES.items():
            take(window, f"{address}/{page}", arguments.out / name)
            print(f"wrote {arguments.out / name}")


@contextmanager
def tensorboard(logdir: str) -> Iterator[str]:
    """A TensorBoard on a free port of this machine; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = Path(sys.executable).with_name("tensorboard")
    server = subprocess.Popen(
        [
            program,
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
    """A headless Chromium, driven by Selenium. Raises LabError where either is missing."""
    try:
        from selenium import webdriver
    except ImportError:
        raise LabError("Selenium is not installed: pip install selenium") from None
    browser = find("chromium", "chromium-browser")
    driver = find("chromedriver")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for argument in _CHROMIUM_ARGUMENTS:
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    window = webdriver.Chrome(options, webdriver.ChromeService(driver))
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


def take(window: Any, address: str, picture: Path) -> None:
    """One picture of one page, when it has come to rest."""
    window.get("about:blank")  # else only the part after # changes, and nothing is loaded
    window.get(address)
    time.sleep(_REST_SECONDS)
    # The pane with the settings of the charts takes a quarter of the page.
    for button in window.find_elements("xpath", "//button[contains(., 'Settings')]"):
        button.click()
        time.sleep(_REST_SECONDS / 2)
    if not window.save_screenshot(str(picture)):
        raise LabError(f"cannot write {picture}")


if __name__ == "__main__":
    sys.exit(command.run(main))
