"""Runs a command whose owner may die: ``python guard.py COMMAND…``, without other modules.

Standard input is the owner's hold on it: "i" interrupts the command once, as Ctrl-C would; "k"
kills it. When the owner is gone, however it ended, the command is interrupted, so that a run saves
itself, and nobody else can take it for abandoned while it still writes.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

GRACE_SECONDS = 60  # for a run to save itself


def obey(command: subprocess.Popen[bytes]) -> None:
    """Do what the owner says, until it is gone."""
    interrupted = False
    while True:
        word = os.read(0, 1)
        if word == b"k":
            command.kill()
        elif not interrupted:
            interrupted = True
            command.send_signal(signal.SIGINT)
        if not word:
            try:
                command.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                command.kill()
            return


def main() -> None:
    command = subprocess.Popen(
        sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, bufsize=0
    )
    # What ends a whole job at once, such as scancel, also reaches the command, which then saves.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    threading.Thread(target=obey, args=[command], daemon=True).start()
    assert command.stdout is not None
    reader = True
    while text := command.stdout.read(65536):
        try:
            # Without a reader, the command must not fail while it saves.
            if reader:
                os.write(1, text)
        except OSError:
            reader = False
    code = command.wait()
    os._exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
