from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from helper.signals import StopRequest, ctrl_c_kills, sigterm_interrupts


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
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
        "from helper.signals import StopRequest, ctrl_c_kills\n"
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


def test_sigterm_interrupts():
    before = signal.getsignal(signal.SIGTERM)
    try:
        sigterm_interrupts()
        with pytest.raises(KeyboardInterrupt) as interrupt:
            os.kill(os.getpid(), signal.SIGTERM)
        assert interrupt.value.args == (signal.SIGTERM,)
    finally:
        signal.signal(signal.SIGTERM, before)


def test_ctrl_c_before_there_is_anything_to_save():
    script = (
        "import os, signal\n"
        "from helper.signals import ctrl_c_kills\n"
        "with ctrl_c_kills():\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=root)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


def test_ctrl_c_is_as_before_afterwards():
    before = signal.getsignal(signal.SIGINT)
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with ctrl_c_kills():
            assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        thread = threading.Thread(target=lambda: ctrl_c_kills().__enter__())
        thread.start()
        thread.join()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        with ctrl_c_kills():
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
