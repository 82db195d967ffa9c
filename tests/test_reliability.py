"""Every test that docs/reliability.md names exists."""

from __future__ import annotations

import re

from helper.files import PROJECT_ROOT


def test_every_promise_names_tests_that_exist():
    rows = (PROJECT_ROOT / "docs" / "reliability.md").read_text().split("|---|---|---|\n")[1]
    for row in rows.splitlines():
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row)
        assert named, row
        for path, test in named:
            source = (PROJECT_ROOT / path).read_text()
            assert re.search(rf"^def {test}\(", source, re.MULTILINE), f"{path}::{test}"
