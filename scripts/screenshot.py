"""Take pictures of TensorBoard with headless Chromium: curves, a graph, the tab Graph Lab.

    python scripts/screenshot.py --logdir logs --out docs
    python scripts/screenshot.py --only lab_runs,lab_verdict

Writes curves.png, graph.png and, of the views of Graph Lab, lab_runs.png, lab_curves.png, …; these
are about the runs with the most seeds. Needs Selenium (pip install selenium) and Chromium with its
driver (Debian: apt-get install chromium-driver).
"""

from __future__ import annotations

import json
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from helper import command
from helper.errors import LabError, UsageError
from scripts.screenshots import browser, tab

_CARDS = [{"plugin": "scalars", "tag": tag} for tag in ("accuracy", "loss")]
_CURVES = urllib.parse.urlencode(
    {"smoothing": 0, "runFilter": "(train|test)$", "pinnedCards": json.dumps(_CARDS)}
)
PAGES = {"curves": f"?{_CURVES}#timeseries", "graph": "#graphs"}
# The charts are drawn by workers that report nothing when they are done.
_REST_SECONDS = 8


def main() -> None:
    parser = command.Parser(__doc__)
    parser.add_argument("--logdir", default="logs", help="where runs are (default: logs)")
    parser.add_argument(
        "--out", type=Path, default=Path("docs"), help="where the pictures go (default: docs)"
    )
    parser.add_argument("--only", metavar="PICTURE,…", help=f"of {', '.join(all_pictures())}")
    arguments = parser.parse_args()
    wanted = arguments.only.split(",") if arguments.only is not None else all_pictures()
    if unknown := [name for name in wanted if name not in all_pictures()]:
        known = ", ".join(all_pictures())
        raise UsageError(f"--only: unknown picture {unknown[0]!r}; choose from {known}")
    if not Path(arguments.logdir).is_dir():
        raise LabError(f"{arguments.logdir} is not a directory; name one with --logdir")
    arguments.out.mkdir(parents=True, exist_ok=True)
    with browser.tensorboard(arguments.logdir) as address, browser.chromium() as window:
        for name in wanted:
            picture = arguments.out / f"{name}.png"
            if name in PAGES:
                take(window, f"{address}/{PAGES[name]}", picture)
            else:
                tab.take(window, address, name.removeprefix("lab_"), picture)
            print(f"wrote {picture}")


def all_pictures() -> list[str]:
    return [*PAGES, *(f"lab_{view}" for view in tab.VIEWS)]


def take(window: Any, address: str, picture: Path) -> None:
    """One picture of one page, when it has come to rest."""
    window.switch_to.default_content()
    window.get("about:blank")  # else only the part after # changes, and nothing is loaded
    window.get(address)
    time.sleep(_REST_SECONDS)
    # The pane with the settings of the charts takes a quarter of the page.
    for button in window.find_elements("xpath", "//button[contains(., 'Settings')]"):
        button.click()
        time.sleep(_REST_SECONDS / 2)
    browser.save(window, picture)


if __name__ == "__main__":
    sys.exit(command.run(main))
