"""The page is opened in a real browser, and its curves are read back from what it draws."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
from html.parser import HTMLParser

import numpy as np
import pytest

from helper.comparing import comparison, report_html
from helper.comparing.comparison import Group
from helper.runs import listing
from tests.made_runs import make_run, scalar, write_events

OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")


class Page(HTMLParser):
    """What the browser made: table cells, and for each chart its scale and its paths."""

    def __init__(self, html):
        super().__init__()
        self.html = html
        self.cells, self.charts, self._in_cell = [], {}, False
        self.legend, self.text, self._in_label = [], [], False
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self._in_cell = tag == "td" or (self._in_cell and tag in ("span", "svg", "path"))
        self._in_label = self._in_label or tag == "label"
        if tag == "svg" and "data-tag" in found:
            self._chart = self.charts.setdefault(found["data-tag"], {"svg": found, "paths": []})
        elif tag == "path" and "data-group" in found:
            self._chart["paths"].append(found)

    def handle_endtag(self, tag):
        self._in_label = self._in_label and tag != "label"

    def handle_data(self, data):
        self.text.append(data)
        if self._in_label:
            self.legend.append(data)
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
            for px, py in re.findall(r"(-?[\d.]+),(-?[\d.]+)", path)
        ]


def opened(path):
    if not CHROMIUM:
        pytest.skip("no chromium on this machine")
    done = subprocess.run(
        [CHROMIUM, *OPTIONS, "--dump-dom", path.as_uri()],
        capture_output=True,
        text=True,
        timeout=60,
    )
    if not done.stdout:
        pytest.skip(f"Chromium does not start here: {done.stderr.strip()[-200:]}")
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
    assert "learning_rate=0.1 (n = 2)" in page.legend


def test_a_group_is_the_runs_that_completed(tmp_path):
    """Read from the page's data, which `opened` pages draw."""
    curves = [{0: 0.1, 9: 0.8}, {0: 0.3, 9: 0.6}, {0: 0.9, 9: 0.9}]
    for seed, curve in enumerate(curves):
        status = "diverged" if seed == 2 else "completed"
        make_run(tmp_path / "a" / f"{seed:04d}", 0.5, curve, seed=seed, status=status)
    (group,) = comparison.group(listing.find(tmp_path), ["-seed"])
    content = report_html.page(comparison.group_table([group], ["test/accuracy"]), [group])
    (text,) = re.findall(r'<script type="application/json" id="data">(.*)</script>', content)
    (section,) = json.loads(text)["sections"]
    (found,) = section["groups"]
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


def written(table, groups, path):
    path.write_text(report_html.page(table, groups), encoding="utf-8")
    return path


def singles(runs):
    return [Group(run.name, {}, [run]) for run in runs]


def test_a_section_for_each_experiment(tmp_path):
    for rate in (0.1, 0.5):
        make_run(
            tmp_path / "a" / f"0001-learning_rate={rate}", 0.8, {0: 0.1, 9: 0.8}, learning_rate=rate
        )
    make_run(tmp_path / "b" / "0001", 0.7, {0: 0.1, 9: 0.7}, units=7)
    runs = listing.find(tmp_path)
    table = comparison.run_table(runs, ["test/accuracy"])
    page = opened(written(table, singles(runs), tmp_path / "report.html"))
    assert page.legend[-2:] == ["learning_rate=0.1", "learning_rate=0.5"]  # one run needs none
    text = "\n".join(page.text)
    assert "same for all: test/accuracy 0.8000" in text
    assert "No verdict: a verdict needs two settings or two runs, and here is one." in text
    assert text.index("\na\n") < text.index("\nb\n")


def content(tmp_path):
    runs = listing.find(tmp_path)
    page = report_html.page(comparison.run_table(runs, ["test/accuracy"]), singles(runs))
    (found,) = re.findall(r'<script type="application/json" id="data">(.*)</script>', page)
    return json.loads(found)


def test_the_first_point_and_a_diverged_run_do_not_decide_the_scale(tmp_path):
    make_run(tmp_path / "a" / "0001", 0.9, {0: 0.1, 10: 0.8, 20: 0.9}, seed=1)
    diverged = {0: 0.1, 10: 0.8, 20: 1e-9}
    make_run(tmp_path / "a" / "0002", 0.9, diverged, seed=2, status="diverged")
    make_run(tmp_path / "a" / "0003", 0.9, {0: 0.1, 10: 0.8, 20: 1e9}, seed=3)
    runs = listing.find(tmp_path)
    table = comparison.run_table(runs, ["test/accuracy"])
    page = opened(written(table, singles(runs), tmp_path / "report.html"))
    low, high = map(float, page.charts["test/accuracy"]["svg"]["data-y"].split())
    assert (low, high) == (pytest.approx(0.796), pytest.approx(0.904))
    assert close(page.points("test/accuracy", "mean", "a/0001"), [(0, 0.1), (10, 0.8), (20, 0.9)])
    assert 'clip-path="url(#clip0)"' in page.html  # the rest is not drawn over the axes
    everything = tmp_path / "everything.html"
    from_start = '<input type="checkbox" id="start"'
    everything.write_text(
        (tmp_path / "report.html").read_text().replace(from_start, f"{from_start} checked")
    )
    low = opened(everything).charts["test/accuracy"]["svg"]["data-y"].split()[0]
    assert float(low) == pytest.approx(0.1 - 0.04 * 0.8)


def test_the_charts_come_in_order(tmp_path):
    run = make_run(tmp_path / "a" / "0001", 0.9)
    for split in ("train", "test"):
        values = {"loss": 1.0, "accuracy": 0.5, "F1": 0.4}
        write_events(run / split, scalar(0, values), scalar(1, values))
    (section,) = content(tmp_path)["sections"]
    assert section["first"] == ["test/accuracy", "test/loss", "train/accuracy", "train/loss"]
    assert section["rest"] == ["test/F1", "train/F1"]


def set_commit(run, commit):
    record = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**record, "commit": commit}))


def test_date_and_commits(tmp_path):
    for number in (1, 2):
        set_commit(make_run(tmp_path / "a" / f"000{number}", seed=number), "a" * 40)
    made, runs = content(tmp_path)["facts"]
    assert re.match(
        r"2 runs of 1 experiment\. Report made 20\d\d-\d\d-\d\d \d\d:\d\d UTC", made["text"]
    )
    assert runs == {"text": "All runs were made at commit aaaaaaaa.", "warn": False}
    set_commit(tmp_path / "a" / "0002", "b" * 40 + "+changes")
    found = content(tmp_path)
    assert found["facts"][1]["warn"]
    assert "aaaaaaaa (1 run), bbbbbbbb+changes (1 run)" in found["facts"][1]["text"]
    assert "commit" in found["sections"][0]["columns"]


def test_verdicts_are_on_the_page(tmp_path):
    label = np.arange(200) % 10
    for number, wrong in enumerate((100, 10)):
        predicted = np.where(np.arange(200) < wrong, label + 1, label)
        make_run(
            tmp_path / "a" / f"000{number}",
            1 - wrong / 200,
            None,
            predicted,
            label,
            learning_rate=number,
        )
    verdicts = content(tmp_path)["sections"][0]["verdicts"]
    assert verdicts["lead"] == "Highest test accuracy: learning_rate=1."
    assert verdicts["rows"][0][0] == "learning_rate=0" and verdicts["rows"][0][1] == "worse"
    assert "First: learning_rate=1. Second: learning_rate=0." in verdicts["notes"]


def test_what_a_record_says_is_shown_with_escapes(tmp_path):
    for number, note in ((1, "\x1b[31m\u202e</script>"), (2, "")):
        run = make_run(tmp_path / "a" / f"000{number}", seed=number, note=note, x=note)
        set_commit(run, "\u202e" * 50 + f"{number}")
    runs = listing.find(tmp_path)
    table = comparison.run_table(runs, ["test/accuracy"])
    page = opened(written(table, singles(runs), tmp_path / "report.html"))
    assert "\\x1b[31m\\u202e</script>" in page.cells
    assert "\x1b" not in "".join(page.text) and "\u202e" not in "".join(page.text)
