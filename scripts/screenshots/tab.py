"""The tab Graph Lab: opened in a state, and a picture of each of its views."""

from __future__ import annotations

import json
import time
import urllib.parse
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

from helper.errors import LabError
from scripts.screenshots import browser

# What shows that one is drawn, and what is clicked then.
VIEWS = {
    "runs": (".runs tbody tr", None),
    "curves": (".chart path", None),
    "verdict": (".intervals", None),
    "confusion": (".matrix [data-place]", ".matrix .better, .matrix .wrong"),
    "draw": (".answer .bar", None),
    "difference": (".part", None),
}
_SIZE = (1280, 860)
_REST_SECONDS = 1.5
_FRAME_SECONDS = 30
# A cell of the matrix that is not on the diagonal: there the mistakes are.
_CLICK_DARKEST = """
const strength = cell => parseFloat(cell.style.getPropertyValue("--strength"));
const cells = [...document.querySelectorAll(arguments[0])]
  .filter(cell => new Set(cell.dataset.place.split(",")).size > 1);
cells.sort((a, b) => strength(b) - strength(a))[0]?.click();
"""
# TensorBoard keeps the frame of a tab inside shadow roots.
_FRAME = """
const find = root => {
  for (const node of root.querySelectorAll("*")) {
    const found = node.tagName === "IFRAME" ? node : node.shadowRoot && find(node.shadowRoot);
    if (found) return found;
  }
  return null;
};
return find(document);
"""


def most_seeds(address: str) -> list[str]:
    """Names of runs: of the experiment with the largest groups of seeds, all that are in groups."""
    with urllib.request.urlopen(f"{address}/data/plugin/graph_lab/runs") as answer:
        runs = [run for run in json.load(answer)["runs"] if run["has_predictions"]]
    sizes = Counter(run["key"] for run in runs)
    if not runs:
        return []
    best = max(runs, key=lambda run: sizes[run["key"]])
    family = [run for run in runs if run["experiment"] == best["experiment"]]
    return [run["name"] for run in family if sizes[run["key"]] > 1] or [best["name"]]


def open_tab(window: Any, address: str, state: dict[str, Any], **query: str) -> None:
    """Graph Lab in this state (see static/state.js), the window inside its frame.

    query: more of TensorBoard's own, such as darkMode="true". Raises LabError.
    """
    window.switch_to.default_content()
    window.get("about:blank")
    parameters = urllib.parse.urlencode({"graphLab": json.dumps(state), **query})
    window.get(f"{address}/?{parameters}#graph_lab")
    enter(window)


def enter(window: Any) -> None:
    """Go into the tab's frame, when there is one. Raises LabError."""
    deadline = time.monotonic() + _FRAME_SECONDS
    while time.monotonic() < deadline:
        if frame := window.execute_script(_FRAME):
            window.switch_to.frame(frame)
            return
        time.sleep(0.1)
    raise LabError("TensorBoard has no tab Graph Lab; install the project: pip install -e .")


def take(window: Any, address: str, view: str, picture: Path) -> None:
    """One picture of one view of Graph Lab."""
    drawn, clicked = VIEWS[view]
    window.set_window_size(*_SIZE)
    state = {"view": view, "ticked": most_seeds(address), "draw.index": 8}
    open_tab(window, address, state)
    browser.wait_for(window, drawn)
    if clicked:
        window.execute_script(_CLICK_DARKEST, clicked)
    time.sleep(_REST_SECONDS)
    browser.save(window, picture)
