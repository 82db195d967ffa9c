"""The addresses of the tab, and the files of its page."""

from __future__ import annotations

import re

import pytest

from helper.board import plugin
from helper.board.routes import Routes
from tests.board_client import Board
from tests.made_runs import make_run

PREFIXES = ("", "/behind/a/proxy")


@pytest.fixture
def logdir(tmp_path):
    make_run(tmp_path / "logs/softmax/0001", curve={0: 0.1, 100: 0.9})
    return tmp_path / "logs"


@pytest.mark.parametrize("prefix", PREFIXES)
def test_one_more_tab(logdir, prefix) -> None:
    client = Board(logdir, prefix).client
    listing = client.get(f"{prefix}/data/plugins_listing").json
    tab = listing["graph_lab"]
    assert tab["enabled"] and tab["tab_name"] == "Graph Lab" and not tab["remove_dom"]
    entry = client.get(f"{prefix}/data/plugin_entry.html?name=graph_lab")
    assert 'import("./static/index.js")' in entry.text
    assert "script-src 'self'" in entry.headers["Content-Security-Policy"]
    module = client.get(tab["loading_mechanism"]["module_path"])
    assert module.mimetype == "text/javascript"
    assert "export function render" in module.text


@pytest.mark.parametrize("prefix", PREFIXES)
def test_answers_behind_a_prefix(logdir, prefix) -> None:
    board = Board(logdir, prefix)
    assert [run["name"] for run in board.get("runs")["runs"]] == ["softmax/0001"]
    assert board.post("curves", runs=["softmax/0001"], tags=["accuracy"])["curves"]


def test_two_log_directories_in_one_process(logdir, tmp_path) -> None:
    make_run(tmp_path / "other/mlp/0001")
    boards = Board(logdir), Board(tmp_path / "other")
    for board, name in zip(boards, ("softmax/0001", "mlp/0001"), strict=True):
        assert [run["name"] for run in board.get("runs")["runs"]] == [name]
        assert board.get("record", run=name)["record"]
    assert "no run" in boards[0].get("record", 404, run="mlp/0001")["error"]


def test_every_address_answers() -> None:
    assert set(Routes("").applications) == set(plugin.NAMES)


def test_every_file_of_the_page_is_served(logdir) -> None:
    board = Board(logdir)
    files = [path.name for path in plugin.STATIC.iterdir() if path.suffix in (".js", ".css")]
    assert "index.js" in files and "style.css" in files
    for name in files:
        response = board.open(f"static/{name}")
        assert response.status_code == 200, name
        assert response.data == (plugin.STATIC / name).read_bytes()
        assert (
            response.mimetype
            == {"js": "text/javascript", "css": "text/css"}[name.rpartition(".")[2]]
        )


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../plugin.py",
        "..%2fplugin.py",
        "%2e%2e/plugin.py",
        "/etc/passwd",
        "//etc/passwd",
        "*",
        "index.*",
        "index.js%00",
        "index.js/",
        "x/index.js",
        "static/../../plugin.py",
        "nothing.js",
        "x" * 5_000,
    ],
)
def test_no_other_file_is_served(logdir, name) -> None:
    response = Board(logdir).open(f"static/{name}")
    assert response.status_code in (301, 302, 404)
    assert b"import" not in response.data and b"root:" not in response.data


def test_the_page_asks_no_other_host() -> None:
    for path in plugin.STATIC.glob("*.js"):
        source = path.read_text()
        hosts = set(re.findall(r"https?://[\w.-]+", source)) - {"http://www.w3.org"}
        comments = "\n".join(re.findall(r"(?m)^\s*(?://|\*|/\*).*$", source))
        assert not {host for host in hosts if host not in comments}, path.name


def test_without_a_log_directory(tmp_path) -> None:
    found = Board("").get("runs")
    assert found["runs"] == [] and "--logdir" in found["problems"][0]
    found = Board(tmp_path / "none").get("runs")
    assert found["runs"] == [] and "there is no log directory" in found["problems"][0]
    assert "--logdir" in Board("").get("where", 400, condition="a=1")["error"]
    assert "--logdir" in Board("").post("confusion", 400, run="x")["error"]


def test_without_any_run(tmp_path) -> None:
    found = Board(tmp_path).get("runs")
    assert found["runs"] == [] and found["problems"] == [] and found["metrics"] == []
