from __future__ import annotations

import os

import pytest

from helper.runs import threads


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv(threads.VARIABLE, "")  # so that it is put back after the test
    monkeypatch.delenv(threads.VARIABLE)


@pytest.mark.parametrize(
    ("text", "expected"), [("3", 3), ("0", None), ("-1", None), ("many", None)]
)
def test_as_the_environment_says_or_one_a_core(monkeypatch, text, expected):
    cores = threads.count()
    assert cores >= 1
    monkeypatch.setenv(threads.VARIABLE, text)
    assert threads.count() == (expected or cores)


def test_a_run_keeps_its_threads(capsys):
    threads.keep({"threads": 37})
    assert os.environ[threads.VARIABLE] == "37" and threads.count() == 37
    assert "started with TF_NUM_INTRAOP_THREADS=37" in capsys.readouterr().out


def test_the_environment_comes_first(monkeypatch, capsys):
    monkeypatch.setenv(threads.VARIABLE, "2")
    threads.keep({"threads": 37})
    assert threads.count() == 2
    assert not capsys.readouterr().out


@pytest.mark.parametrize("recorded", [None, "4", True, 0, -1, 10**9])
def test_a_record_without_a_good_number(recorded, capsys):
    threads.keep({"threads": recorded} if recorded is not None else {})
    assert threads.VARIABLE not in os.environ
    assert not capsys.readouterr().out
