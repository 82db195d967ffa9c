from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from helper.signals import StopRequest


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_first_signal_is_noted(number, code):
    before = signal.getsignal(number)
    with StopRequest() as stop:
        assert (stop.number, stop.exit_code) == (None, 0)
        os.kill(os.getpid(), number)
        assert (stop.number, stop.exit_code) == (number, code)
    assert signal.getsignal(number) is before


def test_second_signal_kills():
    script = (
        "import os, signal, time\n"
        "from helper.signals import StopRequest\n"
        "with StopRequest():\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    print('still here', flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    time.sleep(1)\n"
        "    print('and here')\n"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=root)
    assert done.stdout == "still here\n"
    assert done.returncode == -signal.SIGINT
