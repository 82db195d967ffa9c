"""A program that imports an experiment's packages once, and forks a process for each of its runs.

    python fork_server.py SCRIPT SOCKET MODULE…

``helper.sweeping.forked`` starts it. It imports only the standard library and the modules named, by
the search path that ``python SCRIPT`` would have.

Forking is sound as long as the program has a single thread: a lock that another thread holds at
that moment would stay locked in the copy for ever. TensorFlow starts its threads with the first
session, and sessions are made only by the runs, after the fork. Should there be threads all the
same, a run starts in a new interpreter.
"""

from __future__ import annotations

import atexit
import builtins
import contextlib
import ctypes
import gc
import importlib
import io
import json
import os
import selectors
import signal
import socket
import sys
import threading
import types
from collections.abc import Sequence
from typing import NoReturn

READY = b"ready"
_PR_SET_PDEATHSIG = 1  # from <linux/prctl.h>
_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(script: str, number: str, *modules: str) -> NoReturn:
    if not getattr(sys.flags, "safe_path", False):
        sys.path[0] = os.path.dirname(os.path.realpath(script))
    sys.argv = [script]
    # It was opened as a pipe, as the runs have one: a file would have a position. Nobody reads it.
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)
    for name in modules:
        importlib.import_module(name)
    # The collector does not touch, and so does not copy, the memory that all runs share.
    gc.collect()
    gc.freeze()
    sweep = socket.socket(fileno=int(number))
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        sweep.send(READY)
        _Server(sweep, script).serve()
    # Runs that are left receive SIGTERM.
    os._exit(0)


class _Server:
    """Forks a process for each message of the sweep: JSON and three descriptors.

    The JSON holds the arguments, and environment variables for the run unless they are set. The
    descriptors are a connection, standard output and standard error. Every byte on the connection
    is a signal to pass on to the process; the answer is its exit code, in digits.
    """

    def __init__(self, sweep: socket.socket, script: str) -> None:
        self._sweep, self._script = sweep, script
        self._runs: dict[int, socket.socket] = {}
        self._ended, wake = socket.socketpair()
        for end in (self._ended, wake):
            end.setblocking(False)
        self._private = [sweep, self._ended, wake]
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
        self._prctl = ctypes.CDLL(None).prctl

    def serve(self) -> None:
        """Until the sweep is gone."""
        with selectors.PollSelector() as ready:
            ready.register(self._sweep, selectors.EVENT_READ)
            ready.register(self._ended, selectors.EVENT_READ)
            while True:
                for key, _ in ready.select():
                    if key.fileobj is self._sweep:
                        task, handles, _, _ = socket.recv_fds(
                            self._sweep, 1 << 20, 3, socket.MSG_CMSG_CLOEXEC
                        )
                        if not task:
                            return
                        arguments, environment = json.loads(task)
                        self._fork(arguments, environment, handles, ready)
                    elif key.fileobj is self._ended:
                        with contextlib.suppress(BlockingIOError):
                            while self._ended.recv(4096):
                                pass
                        self._reap(ready)
                    else:
                        self._pass_on(key.data, ready)

    def _fork(
        self,
        arguments: list[str],
        environment: dict[str, str],
        handles: list[int],
        ready: selectors.PollSelector,
    ) -> None:
        connection = socket.socket(fileno=handles[0])
        server, alone = os.getpid(), threads() == 1
        # A signal that arrives before the run can take it waits until then.
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
        try:
            child = os.fork()
        except OSError as error:
            os.write(handles[2], f"error: cannot start a process: {error.strerror}\n".encode())
            connection.send(b"1")
            connection.close()
        else:
            if not child:
                self._private += [connection, *self._runs.values()]
                os.environ.update(environment | os.environ)
                self._become(arguments, handles, server, alone)
            self._runs[child] = connection
            ready.register(connection, selectors.EVENT_READ, child)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)
        for handle in handles[1:]:
            os.close(handle)

    def _reap(self, ready: selectors.PollSelector) -> None:
        for child, connection in list(self._runs.items()):
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                del self._runs[child]
                if connection in ready.get_map():
                    ready.unregister(connection)
                with contextlib.suppress(OSError):  # the sweep may be gone
                    connection.send(str(os.waitstatus_to_exitcode(status)).encode())
                connection.close()

    def _pass_on(self, child: int, ready: selectors.PollSelector) -> None:
        if child not in self._runs:  # it has ended meanwhile
            return
        try:
            numbers = self._runs[child].recv(64)
        except OSError:
            numbers = b""
        if not numbers:  # nobody waits for this run any more
            ready.unregister(self._runs[child])
            numbers = bytes([signal.SIGTERM])
        for number in numbers:
            os.kill(child, number)

    def _become(
        self, arguments: list[str], handles: list[int], server: int, alone: bool
    ) -> NoReturn:
        """Make this process, just forked, what ``python SCRIPT ARGUMENTS`` would be.

        alone: whether the server had no other threads at that moment.
        """
        code = 1
        try:
            os.setsid()  # Ctrl-C reaches only the sweep, which passes it on once
            self._prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM))
            if os.getppid() != server:  # it has ended before it was asked to send a signal
                os._exit(128 + signal.SIGTERM)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for number, handle in enumerate(handles[1:], start=1):
                os.dup2(handle, number)
                os.close(handle)
            for private in self._private:
                private.close()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)
            if not alone:
                os.execv(sys.executable, [sys.executable, self._script, *arguments])
            if "numpy.random" in sys.modules:  # Python does the same with its own generator
                sys.modules["numpy.random"].seed()
            code = run_script(self._script, arguments)
        except BaseException as error:
            code = exit_code(error)
        finally:
            os._exit(code)


def threads() -> int:
    """How many threads this process has, those that Python does not know of included."""
    return len(os.listdir("/proc/self/task"))


def run_script(script: str, arguments: Sequence[str]) -> int:
    """Run a script as ``python script arguments`` does, up to its exit code."""
    module = types.ModuleType("__main__")
    module.__file__ = os.path.abspath(script)
    module.__dict__["__builtins__"] = builtins
    sys.modules["__main__"] = module
    sys.argv = [script, *arguments]
    code = 0
    try:
        with io.open_code(module.__file__) as file:
            program = compile(file.read(), module.__file__, "exec", dont_inherit=True)
        exec(program, module.__dict__)
    except BaseException as error:
        code = exit_code(error)
    # As at the end of an interpreter, but without clearing away TensorFlow, which takes a second.
    threading._shutdown()  # type: ignore[attr-defined] # waits for threads that are not daemons
    atexit._run_exitfuncs()
    module.__dict__.clear()
    gc.collect()  # writes what the script's open files have buffered
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            code = code or 120  # as Python does
    return code


def exit_code(error: BaseException) -> int:
    """The exit code of a script that ends with this exception, which is shown as Python does."""
    if isinstance(error, SystemExit) and (error.code is None or isinstance(error.code, int)):
        return (error.code or 0) & 0xFF
    if isinstance(error, SystemExit):
        print(error.code, file=sys.stderr)
        return 1
    # Without the frames of this program.
    while error.__traceback__ and error.__traceback__.tb_frame.f_code.co_filename == __file__:
        error.__traceback__ = error.__traceback__.tb_next
    sys.excepthook(type(error), error, error.__traceback__)
    sys.stderr.flush()
    if isinstance(error, KeyboardInterrupt):
        sys.stdout.flush()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    return 1


if __name__ == "__main__":
    main(*sys.argv[1:])
