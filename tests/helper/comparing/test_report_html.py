"""The page is opened in a real browser, and its curves are read back from what it draws."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

from helper.comparing import comparison, report_html
from helper.comparing.comparison import Group
from helper.runs import listing
from tests.made_runs import make_run, scalar, write_events

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")


class Page(HTMLParser):
    """What the browser made: table cells, and for each chart its scale and its paths."""

    def __init__(self, html):
        super().__init__()
        self.cells, self.charts, self._in_cell = [], {}, False
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self._in_cell = tag == "td"
        if tag == "svg" and "data-tag" in found:
            self._chart = self.charts.setdefault(found["data-tag"], {"svg": found, "paths": []})
        elif tag == "path" and "data-group" in found:
            self._chart["paths"].append(found)

    def handle_data(self, data):
        if self._in_cell:
            self.cells.append(data)

    def points(self, tag, kind, group):
        """The values of a drawn line, from its place on the page."""
        svg = self.charts[tag]["svg"]
        left, right, bottom, top = map(float, svg["data-box"].split())
        x0, x1 = map(float, svg["data-x"].split())
        y0, y1 = map(float, svg["data-y"].split())
        (path,) = [
            path["d"]
            for path in self.charts[tag]["paths"]
            if path["class"] == kind and path["data-group"] == group
        ]
        return [
            (
                x0 + (float(px) - left) / (right - left) * (x1 - x0),
                y0 + (float(py) - bottom) / (top - bottom) * (y1 - y0),
            )
            for px, py in re.findall(r"([\d.]+),([\d.]+)", path)
        ]


def opened(path):
    if not CHROMIUM:
        pytest.skip("no chromium on this machine")
    done = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", path.as_uri()],
        capture_output=True,
        text=True,
        timeout=60,
    )
    return Page(done.stdout)


def close(found, expected):
    return found == [pytest.approx(point, abs=2e-3, rel=1e-4) for point in expected]


def test_mean_and_band_over_seeds_as_the_browser_draws_them(tmp_path):
    curves = [{0: 0.10, 100: 0.80, 200: 0.90}, {0: 0.20, 100: 0.70, 200: 0.94}]
    for seed, curve in enumerate(curves):
        make_run(tmp_path / "a" / f"{seed:04d}", curve[200], curve, seed=seed)
    make_run(tmp_path / "a" / "0009", 0.5, {0: 0.3, 200: 0.5}, seed=0, learning_rate=0.7)
    groups = comparison.group(listing.find(tmp_path), ["-seed"])
    table = comparison.group_table(groups, ["test/accuracy"])
    file = tmp_path / "report.html"
    file.write_text(report_html.page(table, groups), encoding="utf-8")
    page = opened(file)
    name = "learning_rate=0.1"
    assert close(page.points("test/accuracy", "mean", name), [(0, 0.15), (100, 0.75), (200, 0.92)])
    spread = [math.sqrt(2) * half for half in (0.05, 0.05, 0.02)]
    upper = [(0, 0.15 + spread[0]), (100, 0.75 + spread[1]), (200, 0.92 + spread[2])]
    lower = [(200, 0.92 - spread[2]), (100, 0.75 - spread[1]), (0, 0.15 - spread[0])]
    assert close(page.points("test/accuracy", "band", name), upper + lower)
    assert close(page.points("test/accuracy", "mean", "learning_rate=0.7"), [(0, 0.3), (200, 0.5)])
    assert "0.9200" in page.cells and "2 completed" in page.cells


def test_a_group_is_the_runs_that_completed(tmp_path):
    """Read from the page's data, which `opened` pages draw."""
    curves = [{0: 0.1, 9: 0.8}, {0: 0.3, 9: 0.6}, {0: 0.9, 9: 0.9}]
    for seed, curve in enumerate(curves):
        status = "diverged" if seed == 2 else "completed"
        make_run(tmp_path / "a" / f"{seed:04d}", 0.5, curve, seed=seed, status=status)
    (group,) = comparison.group(listing.find(tmp_path), ["-seed"])
    content = report_html.page(comparison.group_table([group], ["test/accuracy"]), [group])
    (text,) = re.findall(r'<script type="application/json" id="data">(.*)</script>', content)
    (found,) = json.loads(text)["groups"]
    drawn = found["curves"]["test/accuracy"]
    assert found["n"] == 2 and len(drawn["runs"]) == 3
    assert drawn["mean"] == pytest.approx([0.2, 0.7])
    assert drawn["deviation"] == pytest.approx([math.sqrt(0.02)] * 2)
    assert drawn["runs"][2]["value"] == pytest.approx([0.9, 0.9])


def test_awkward_values_and_names(tmp_path):
    write_events(
        tmp_path / "x<script>alert(1)<" / "script>",
        *(scalar(step, {"loss": value}) for step, value in enumerate([1.0, math.nan, 3.0])),
        scalar(3, {"loss": math.inf}),
    )
    runs = listing.find(tmp_path)
    groups = [Group(run.name, {}, [run]) for run in runs]
    content = report_html.page(comparison.run_table(runs, ["loss"]), groups)
    assert "alert(1)<" not in content
    file = tmp_path / "report.html"
    file.write_text(content, encoding="utf-8")
    page = opened(file)
    assert runs[0].name in page.cells
    assert close(page.points("loss", "mean", runs[0].name), [(0, 1), (2, 3)])


def test_the_page_needs_nothing_from_elsewhere(tmp_path):
    make_run(tmp_path / "a" / "0001", 0.9, {0: 0.1, 10: 0.9})
    runs = listing.find(tmp_path)
    content = report_html.page(
        comparison.run_table(runs, ["test/accuracy"]), [Group("a", {}, runs)]
    )
    addresses = set(re.findall(r"https?://[^\"'\s]+", content))
    assert addresses == {"http://www.w3.org/2000/svg"}  # a name, not a place
    assert "default-src 'none'" in content
