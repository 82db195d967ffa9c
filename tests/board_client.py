"""TensorBoard with the tab Graph Lab, asked in this process."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from tensorboard.backend.application import TensorBoardWSGIApp
from werkzeug.test import Client, TestResponse

from helper.board.loader import GraphLabLoader


class Board:
    """The tab on a log directory; prefix: as for --path_prefix."""

    def __init__(self, logdir: Path | str, prefix: str = "") -> None:
        self.prefix = prefix
        flags = argparse.Namespace(
            logdir=str(logdir), path_prefix=prefix, samples_per_plugin={}, window_title=""
        )
        self.client = Client(TensorBoardWSGIApp(flags, [GraphLabLoader()]))

    def open(self, name: str, **options: Any) -> TestResponse:
        return self.client.open(f"{self.prefix}/data/plugin/graph_lab/{name}", **options)

    def get(self, name: str, code: int = 200, **parameters: str) -> Any:
        return _content(self.open(name, query_string=parameters), code)

    def post(self, name: str, code: int = 200, /, **body: Any) -> Any:
        return _content(self.open(name, method="POST", json=body), code)


def _content(response: TestResponse, code: int) -> Any:
    assert response.status_code == code, response.text[:2_000]
    assert response.mimetype == "application/json"
    return json.loads(response.text, parse_constant=_refuse)


def _refuse(constant: str) -> None:
    raise AssertionError(f"browsers do not read {constant}")
