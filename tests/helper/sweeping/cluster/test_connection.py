"""A scheduler that is not there, or not one: one line each."""

from __future__ import annotations

import socket
import sys

import pytest

from helper.errors import LabError, UsageError
from helper.sweeping.cluster import connection


@pytest.mark.parametrize("address", ["", "10.0.0.5:8786", "http://x:1", "tcp://", "tcp://a b:1"])
def test_what_is_no_address(address):
    with pytest.raises(UsageError, match="tcp://10.0.0.5:8786"):
        connection.check_address(address)


@pytest.mark.parametrize("address", ["tcp://10.0.0.5:8786", "tls://login.example.org:8786"])
def test_addresses(address):
    connection.check_address(address)


def test_without_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(LabError, match=r"pip install 'tensorflow-graph-lab\[cluster\]'"):
        connection.connect("tcp://127.0.0.1:1")


@pytest.mark.parametrize("listens", [True, False])
def test_nobody_answers(monkeypatch, listens):
    pytest.importorskip("distributed", reason="clusters need the extra [cluster]")
    monkeypatch.setattr(connection, "_SECONDS", 1.0)
    monkeypatch.setattr(connection, "_MORE_SECONDS", 3.0)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        if listens:  # but says nothing
            silent.listen()
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(LabError, match="no Dask scheduler answers") as error:
            connection.connect(address)
    assert address in str(error.value)


def test_no_certificates():
    pytest.importorskip("distributed", reason="clusters need the extra [cluster]")
    with pytest.raises(LabError, match="tls://127.0.0.1:1 needs certificates"):
        connection.connect("tls://127.0.0.1:1")
