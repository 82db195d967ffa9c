from __future__ import annotations

import platform
import sys

import numpy as np
import pytest

from helper import denormals

TINY = np.full(8, 1e-39, np.float32)


def test_on_linux_and_x86_denormals_can_be_flushed():
    if sys.platform == "linux" and platform.machine() == "x86_64":
        assert denormals.can_flush()


@pytest.mark.skipif(not denormals.can_flush(), reason="denormals cannot be flushed here")
def test_only_inside_even_after_an_error():
    with pytest.raises(KeyError), denormals.flushed():
        assert not (np.float32(0.5) * TINY).any()
        raise KeyError
    assert (np.float32(0.5) * TINY).all()


def test_without_the_library_nothing_changes(monkeypatch):
    monkeypatch.setattr(denormals, "_library", lambda: None)
    with denormals.flushed():
        assert (np.float32(0.5) * TINY).all()
