from __future__ import annotations

import pytest

from helper.sweeping.workers import Ended


@pytest.mark.parametrize(
    ("code", "written", "error"),
    [
        (1, "first\nerror: last\n", "error: last"),
        (3, " \n", "exit code 3"),
        (-6, "Check failed\n", "Check failed"),
        (-11, "", "killed by signal 11"),
        (-9, "a warning\n", "killed by signal 9"),  # it could not say why
    ],
)
def test_how_a_run_ended(code, written, error):
    assert Ended.of(code, written) == Ended(code, error)
