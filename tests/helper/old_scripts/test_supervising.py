"""A terminal stays a terminal for the script; its output is passed on byte for byte, and kept."""

from __future__ import annotations

import os
import pty
import select
import struct
import sys
import termios
from pathlib import Path

from helper.old_scripts.streams_of_child import MOST_KEPT, Kept
from tests.command_line import ROOT

SCRIPT = """
import os, sys
print(sys.stdout.isatty(), sys.stderr.isatty(), os.get_terminal_size())
sys.stdout.write("1\\r2\\n")
sys.exit(7)
"""


def test_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    child, terminal = pty.fork()
    if not child:
        os.chdir(tmp_path)
        size = struct.pack("HHHH", 33, 99, 0, 0)
        import fcntl

        fcntl.ioctl(1, termios.TIOCSWINSZ, size)
        os.execv(sys.executable, [sys.executable, str(ROOT / "scripts/run_v1.py"), "script.py"])
    shown = b""
    while select.select([terminal], [], [], 120)[0]:
        try:
            data = os.read(terminal, 4096)
        except OSError:
            break
        shown += data
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    lines = shown.decode().split("\r\n")
    assert code == 7
    assert lines[:2] == ["True True os.terminal_size(columns=99, lines=33)", "1\r2"]
    assert lines[2] == "run directory: logs/v1/script/0001"
    kept = (tmp_path / "logs/v1/script/0001/output.txt").read_bytes()
    assert kept.endswith(b"lines=33)\n1\r2\n")


def test_what_is_kept_has_an_end(tmp_path: Path) -> None:
    kept = Kept()
    kept.add(b"before ")
    kept.open(tmp_path / "output.txt")
    for _ in range(20):
        kept.add(b"x" * (1 << 20))
    kept.close()
    content = (tmp_path / "output.txt").read_bytes()
    assert content.startswith(b"before x") and content.endswith(b"longer than 16 MiB]\n")
    assert len(content) < MOST_KEPT + 200
