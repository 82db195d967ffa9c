"""Forked runs are what ``python experiments/….py`` would be, and nothing of them is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from helper.errors import LabError
from helper.runs.listing import ListedRun
from helper.runs.record import Status
from helper.sweeping.forked import Forked
from helper.sweeping.processes import Processes
from helper.sweeping.workers import INTERRUPTED, Ended, Task

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="runs are forked on Linux only")
PID = "import os, sys, time\nprint(os.getpid(), flush=True)\n"


@pytest.fixture
def task(tmp_path, monkeypatch):
    """task("print(1)", "--seed=1"): the program as a script, and its arguments."""
    monkeypatch.chdir(tmp_path)

    def make(program, *arguments):
        Path("toy.py").write_text(program)
        return Task(Path("toy.py"), arguments, tmp_path)

    return make


@pytest.fixture
def tensorflow(tmp_path, monkeypatch):
    """tensorflow("import numpy"): a stand-in with this source."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "packages"), prepend=os.pathsep)
    (tmp_path / "packages").mkdir()
    return (tmp_path / "packages" / "tensorflow.py").write_text


def outputs(workers, *tasks):
    """How each ended, and what it printed; one after the other."""
    with workers:
        found = []
        for each in tasks:
            lines: list[str] = []
            found.append((workers.train(each, lines.append), "".join(lines)))
        return found


def output(workers, task):
    ((ended, lines),) = outputs(workers, task)
    return ended, lines


class Running:
    """A run in a thread of its own. number: of its process, which it must print first."""

    def __init__(self, workers, task):
        self._said: list[str] = []
        self._spoke = threading.Event()
        self.ended = ThreadPoolExecutor(1).submit(workers.train, task, self._hear)

    def _hear(self, line):
        self._said.append(line)
        self._spoke.set()

    @property
    def number(self):
        assert self._spoke.wait(30)
        return int(self._said[0])

    @property
    def server(self):
        """The process that it was forked from."""
        return int(Path(f"/proc/{self.number}/stat").read_text().rpartition(")")[2].split()[1])


def is_gone(number):
    """Whether a process ends; one that has waits for its new parent to notice."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False


def test_a_run_cannot_tell_that_it_was_forked(task):
    program = """
import os, signal, sys
print(__name__, __file__, __doc__, __package__, __spec__, sys.argv, sys.path, os.getcwd())
print([signal.getsignal(n) for n in range(1, 32)], signal.pthread_sigmask(signal.SIG_BLOCK, ()))
print(os.getsid(0) == os.getpid(), sys.modules["__main__"].__file__, repr(sys.stdin.read()))
print(sys.stdout, sys.stderr.errors, sys.stdout.line_buffering, sys.stdout.write_through)
print(sorted(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task")))
"""
    each = task(program, "--seed=1", "--note=a b")
    assert output(Forked(1), each) == output(Processes(1), each)


@pytest.mark.parametrize(
    "program",
    [
        "import sys; sys.exit(3)",
        "import sys; sys.exit('error: no')",
        "import sys; sys.exit(-1)",
        "raise ValueError('bad')",
        "1 +",
        "def f(:",
        "import os; os._exit(7)",
        "import os; os.kill(os.getpid(), 15)",
        "import os; os.kill(os.getpid(), 9)",
        "import os; os.abort()",
        "raise KeyboardInterrupt",
        "print('never flushed'); file = open('made', 'w'); file.write('never closed')",
        "import atexit; atexit.register(print, 'at the end')",
        "import threading, time\n"
        "threading.Thread(target=lambda: (time.sleep(0.1), print('last'))).start()",
        "import sys; print('é'); sys.stdout.buffer.write(b'\\xff')",
        "import os; os.close(1); os.close(2)",
        "import no_such_module",
    ],
)
def test_ends_as_usual(task, program):
    each = task(program)
    usual = output(Processes(1), each)
    made = Path("made")
    written = made.read_text() if made.exists() else None
    made.unlink(missing_ok=True)
    assert output(Forked(1), each) == usual
    assert (made.read_text() if made.exists() else None) == written


def test_a_run_that_is_killed_takes_nothing_along(task):
    with Forked(2) as workers:
        each = task(PID + "time.sleep(60)")
        first, second = Running(workers, each), Running(workers, each)
        assert first.server == second.server
        os.kill(first.number, signal.SIGKILL)
        assert first.ended.result(10) == Ended(-9, "killed by signal 9")
        assert not second.ended.done()
        workers.interrupt()
        assert second.ended.result(10) == Ended(-2, "KeyboardInterrupt")


def test_runs_end_safely_if_the_server_is_killed_and_the_next_starts_another(task):
    safely = "signal.signal(15, lambda *_: (open('saved', 'w'), os._exit(143)))\n"
    with Forked(2) as workers:
        run = Running(workers, task("import signal, os\n" + safely + PID + "time.sleep(60)"))
        first = run.server
        other = Running(workers, task(PID + "time.sleep(60)"))
        assert other.server == first
        os.kill(first, signal.SIGKILL)
        message = "the process that runs are forked from was killed by signal 9"
        assert run.ended.result(10) == other.ended.result(10) == Ended(1, message)
        assert Path("saved").exists()
        second = Running(workers, task(PID + "time.sleep(0.1)"))
        assert second.server != first
        assert second.ended.result(10).code == 0


def test_nothing_is_left(task):
    stubborn = "import signal\nsignal.signal(2, signal.SIG_IGN)\n" + PID + "time.sleep(60)"
    with Forked(2) as workers:
        run = Running(workers, task(stubborn))
        server = run.server
        workers.interrupt()
        with pytest.raises(TimeoutError):
            run.ended.result(0.2)
        assert workers.train(task("print('no more')"), print) == Ended(INTERRUPTED, "")
        workers.kill()
        assert run.ended.result(10) == Ended(-9, "killed by signal 9")
    assert is_gone(run.number) and is_gone(server)


def test_orphans_end_with_the_sweep(task, tmp_path):
    each = task(PID + "open('started', 'w')\ntime.sleep(60)")
    sweep = (
        "from pathlib import Path\nfrom helper.sweeping.forked import Forked\n"
        "from helper.sweeping.workers import Task\n"
        "Forked(1).train(Task(Path('toy.py'), (), Path()), lambda line: print(line, flush=True))"
    )
    root = str(Path(__file__).resolve().parents[3])
    environment = os.environ | {"PYTHONPATH": root}
    command = [sys.executable, "-c", sweep]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        number = int(process.stdout.readline())
        process.kill()
        assert is_gone(number)
    assert each.script.exists()


def test_a_failing_import_is_one_line(task, tensorflow):
    tensorflow("raise ImportError('libcudart is\\nbroken')")
    with Forked(2) as workers:
        for _ in range(2):
            with pytest.raises(LabError, match="cannot import what toy.py needs: broken"):
                workers.train(task("import tensorflow"), print)


def test_interrupted_while_the_imports_take_their_time(task, tensorflow):
    tensorflow("import time; open('importing', 'w'); time.sleep(60)")
    with Forked(2) as workers, ThreadPoolExecutor(2) as pool:
        each = task("import tensorflow")
        runs = [pool.submit(workers.train, each, print) for _ in range(2)]
        while not Path("importing").exists():
            time.sleep(0.01)
        workers.interrupt()
        assert [run.result(10) for run in runs] == [Ended(INTERRUPTED, "")] * 2


def test_imported_once(task, tensorflow):
    tensorflow("open('imports', 'a').write('x')")
    each = task("import sys; print('tensorflow' in sys.modules)\nimport tensorflow")
    assert [lines for _, lines in outputs(Forked(2), each, each)] == ["True\n"] * 2
    assert Path("imports").read_text() == "x"


def test_a_new_interpreter_where_the_imports_started_threads(task, tensorflow):
    tensorflow("import threading, time; threading.Thread(target=time.sleep, args=[60]).start()")
    each = task(
        "import os, sys\nprint('tensorflow' in sys.modules, len(os.listdir('/proc/self/task')))\n"
        "print(sys.argv)\nsys.exit(3)\nimport tensorflow",
        "--seed=1",
    )
    assert output(Forked(2), each) == (
        Ended(3, "exit code 3"),
        "False 1\n['toy.py', '--seed=1']\n",
    )


def test_each_run_draws_random_numbers_of_its_own(task, tensorflow):
    tensorflow("import numpy.random, random")
    each = task("import tensorflow, numpy, random; print(numpy.random.rand(), random.random())")
    (_, first), (_, second) = outputs(Forked(2), each, each)
    assert not set(first.split()) & set(second.split())


@pytest.mark.parametrize(
    ("jobs", "resumed", "threads"), [(1, False, "None"), (2, False, "1"), (2, True, "None")]
)
def test_one_thread_for_each_of_several_new_runs(task, monkeypatch, jobs, resumed, threads):
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS", raising=False)
    each = task("import os; print(os.environ.get('TF_NUM_INTRAOP_THREADS'))")
    if resumed:
        each = replace(each, resumed=ListedRun(Path("toy"), "toy", Status.INTERRUPTED, None))
    assert output(Forked(jobs), each) == (Ended(0, "exit code 0"), f"{threads}\n")
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "3")
    assert output(Forked(jobs), each)[1] == "3\n"


def test_tensorflow_has_no_threads_before_the_fork(task):
    program = """
import os, sys
loaded = "tensorflow" in sys.modules, "helper.training.run" in sys.modules
print(*loaded, len(os.listdir("/proc/self/task")))
from helper import tf
with tf.Session() as session:
    print(session.run(tf.random_uniform([])))
"""
    each = task(program)
    (ended, first), (_, second) = outputs(Forked(2), each, each)
    assert ended.code == 0, ended.error
    assert first.startswith("True True 1\n") and second.startswith("True True 1\n")
    assert first != second  # without a seed, TensorFlow draws different numbers too
