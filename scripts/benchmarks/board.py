"""The tab in TensorBoard: how long one waits for its table, and for an answer to a stroke.

The tab is served over HTTP by this process, from log directories made for the purpose: five real
runs of a few steps, and 200 or 1,000 copies of one of them with other settings and seeds.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import logging
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tensorboard.backend.application import TensorBoardWSGIApp
from werkzeug.serving import WSGIRequestHandler, make_server

from helper.board.loader import GraphLabLoader
from helper.board.networks import import_tensorflow
from helper.errors import LabError
from scripts.benchmarks.task import ROOT
from scripts.screenshots import browser

FIVE: tuple[tuple[str, list[str]], ...] = (
    ("softmax", []),
    ("softmax", ["--learning_rate=0.5"]),
    ("hidden_layer", ["--hidden_units=100"]),
    ("mlp", ["--layers=64,32", "--activation=relu"]),
    ("edges", []),
)
# {runs: seconds until the first picture, at most}
FIRST_PICTURE = {200: 1.0, 1_000: 3.0}
STROKE_SECONDS = 0.1
_IMPORT = (
    "import time, tensorboard.main; from tensorboard import default; default.get_plugins();"
    "import numpy; from types import SimpleNamespace as N; t = time.perf_counter();"
    "from helper.board.loader import GraphLabLoader; GraphLabLoader().load(N(logdir='logs'));"
    "print(time.perf_counter() - t)"
)
_DRAWN = """
const done = arguments[0];
const drawn = () => document.querySelector("tbody tr");
const look = () => drawn() ? done(performance.now()) : setTimeout(look, 5);
look();
"""
Row = list[str]


def measure(place: Path, repeats: int) -> list[Row]:
    """What, the median, the fastest and slowest, and the aim. Raises LabError.

    place: an empty directory.
    """
    few = place / "few"
    _train(few)
    import_tensorflow()  # which TensorBoard has done when it is asked for a page
    rows = []
    for number, aim in FIRST_PICTURE.items():
        many = place / str(number)
        _copy(next((few / "softmax").iterdir()), many, number)
        rows += _table(many, number, repeats, aim)
    rows += _strokes(few, repeats)
    rows.append(_row("added to TensorBoard's start", [_start() for _ in range(3)], None))
    return rows


def _table(logdir: Path, number: int, repeats: int, aim: float) -> list[Row]:
    first, again = [], []
    for _ in range(repeats):
        with serving(logdir) as address:
            first.append(_seconds(lambda a=address: ask(f"{a}/runs")))
            again.append(_seconds(lambda a=address: ask(f"{a}/runs")))
    rows = [
        _row(f"table of {number:,} runs, first", first, aim),
        _row(f"table of {number:,} runs, again", again, None),
    ]
    try:
        with browser.chromium() as window:
            pictures = [_first_picture(window, logdir) for _ in range(repeats)]
        rows.append(_row(f"first picture of {number:,} runs in Chromium", pictures, aim))
    except LabError as error:
        print(f"not measured in a browser: {error}", file=sys.stderr)
    return rows


def _first_picture(window: Any, logdir: Path) -> float:
    """Seconds from the address to the first row of the table."""
    with serving(logdir) as address:
        window.get("about:blank")
        window.get(address.replace("plugin/graph_lab", "plugin_entry.html?name=graph_lab"))
        window.set_script_timeout(30)
        return window.execute_async_script(_DRAWN) / 1000


def _strokes(logdir: Path, repeats: int) -> list[Row]:
    drawing = bytearray(140 * 140)
    for row in range(30, 110):
        drawing[140 * row + 65 : 140 * row + 75] = b"\xff" * 10
    with serving(logdir) as address:
        names = [run["name"] for run in ask(f"{address}/runs")["runs"]]
        asked = {"runs": names, "pixels": base64.b64encode(drawing).decode()}

        def stroke(**more: Any) -> float:
            return _seconds(lambda: ask(f"{address}/answers", {**asked, **more}))

        first = [stroke()]
        plain = [stroke() for _ in range(10 * repeats)]
        stroke(layers=True)
        whole = [stroke(layers=True) for _ in range(10 * repeats)]
    return [
        _row("a stroke, five networks, the first time", first, None),
        _row("a stroke, five networks", plain, STROKE_SECONDS),
        _row("the same with all activations", whole, STROKE_SECONDS),
    ]


def _row(what: str, seconds: list[float], aim: float | None) -> Row:
    median = statistics.median(seconds)
    kept = "" if aim is None else f"≤ {1000 * aim:,.0f} {'✓' if median <= aim else '✗'}"
    numbers = (f"{1000 * value:,.0f}" for value in (median, min(seconds), max(seconds)))
    return [what, *numbers, kept]


def _seconds(call: Any) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def ask(address: str, body: Any = None) -> Any:
    """What the tab answers."""
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, content, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as response:
        return json.load(response)


@contextlib.contextmanager
def serving(logdir: Path) -> Iterator[str]:
    """The tab on a free port of this machine; gives the address of its data."""
    logging.getLogger("tensorboard").setLevel(logging.ERROR)  # not a line for each missing icon
    flags = argparse.Namespace(
        logdir=str(logdir), path_prefix="", samples_per_plugin={}, window_title=""
    )
    application = TensorBoardWSGIApp(flags, [GraphLabLoader()])
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/data/plugin/graph_lab"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing is written for a request."""


def _train(logdir: Path) -> None:
    for name, more in FIVE:
        script = ROOT / "experiments" / f"{name}.py"
        command = [sys.executable, str(script), "--steps=100", f"--logdir={logdir}", *more]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            lines = done.stderr.strip().splitlines()
            raise LabError(f"{script.name} failed: {lines[-1] if lines else 'no message'}")


def _copy(run: Path, logdir: Path, number: int) -> None:
    """Runs with ten seeds of each of many learning rates: their records and event files."""
    record = json.loads((run / "run.json").read_text())
    for place in range(number):
        path = logdir / "softmax" / f"{place + 1:04d}"
        ignored = shutil.ignore_patterns("checkpoints", "run.json")
        shutil.copytree(run, path, ignore=ignored)
        setting = {"seed": place % 10, "learning_rate": (1 + place // 10) / 100}
        own = {**record, "name": path.name, "id": f"{place:032x}", "seed": place % 10}
        own["flags"] = {**record["flags"], **setting}
        (path / "run.json").write_text(json.dumps(own))


def _start() -> float:
    """Seconds that loading the tab adds to a start of TensorBoard."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", _IMPORT], capture_output=True, text=True, env=environment
    )
    if done.returncode:
        raise LabError(f"the tab cannot be loaded: {done.stderr.strip().splitlines()[-1]}")
    return float(done.stdout)
