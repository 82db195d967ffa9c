"""How commands start and fail, mostly in processes of their own, as a shell starts them."""

from __future__ import annotations

import errno
import signal
import subprocess
import sys
import time

import pytest

from helper import command
from helper.errors import DataError, LabError, UsageError
from helper.files import PROJECT_ROOT
from tests import small_disk
from tests.command_line import Finished, environment
from tests.data_files import small_arrays, write_idx_set
from tests.made_runs import make_run

SCRIPTS = sorted(path.name for path in (PROJECT_ROOT / "scripts").glob("*.py"))
CLOSED = "error: standard output is closed; redirect it to /dev/null to run without it\n"
FULL = "error: cannot write the output: No space left on device\n"
# As a user's Python is: what is printed may be written only at the end.
BUFFERED = environment(PYTHONUNBUFFERED="")
# Commands that print a few lines, and only read.
COMMANDS = {
    "compare": ["compare_runs.py"],
    "list": ["clean_runs.py", "list"],
    "diff": ["diff_runs.py", "softmax/0001", "softmax/0002"],
    "fetch": ["fetch_data.py", "--data_dir=data"],
    "help": ["fetch_data.py", "--help"],
}


@pytest.fixture
def shell(tmp_path):
    """shell(["compare_runs.py"], "2>&-"): a script as a shell starts it with this redirection."""
    make_run(tmp_path / "logs" / "softmax" / "0001")
    make_run(tmp_path / "logs" / "softmax" / "0002", learning_rate=0.5)
    write_idx_set(tmp_path / "data", small_arrays(200, 100))

    def start(arguments, redirection):
        script, *rest = arguments
        done = subprocess.run(
            ["bash", "-c", f'"$@" {redirection}', "bash", sys.executable]
            + [str(PROJECT_ROOT / "scripts" / script), *rest],
            cwd=tmp_path,
            env=BUFFERED,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return Finished(done.returncode, done.stdout, done.stderr)

    return start


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_standard_output_is_closed(shell, arguments):
    assert shell(arguments, ">&-") == (1, "", CLOSED)


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_standard_error_is_closed(shell, arguments):
    whole = shell(arguments, "")
    assert whole.code == 0 and whole.stdout and whole.stderr == ""
    assert shell(arguments, "2>&-") == whole


def test_a_mistake_with_standard_error_closed_or_full(shell):
    for redirection in ("2>&-", "2>/dev/full", ">&- 2>&-"):
        done = shell(["compare_runs.py", "--nonsense"], redirection)
        assert done == (1 if ">&- " in redirection else 2, "", "")


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_fails_where_its_output_is_lost(shell, script):
    assert shell([script, "--help"], ">/dev/full") == (1, "", FULL)


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_the_reader_of_a_pipe_has_seen_enough(shell, arguments):
    done = shell(arguments, "| head -c 1; exit ${PIPESTATUS[0]}")
    assert (done.code, len(done.stdout), done.stderr) == (0, 1, "")


def test_standard_output_is_on_a_full_disk(shell, tmp_path):
    with small_disk.mounted(tmp_path / "disk", 1) as disk:
        with pytest.raises(OSError, match="No space left"), open(disk / "filler", "wb") as filler:
            filler.write(bytes(2**21))
        for arguments in (COMMANDS["compare"], COMMANDS["fetch"]):
            assert shell(arguments, f">{disk}/output") == (1, "", FULL)


def test_standard_output_is_open_for_reading_only(shell):
    done = shell(["compare_runs.py"], "1</dev/null")
    assert done == (1, "", "error: cannot write the output: Bad file descriptor\n")


def raising(error):
    def main():
        raise error

    return main


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (LabError("no run"), 1, "no run"),
        (DataError("a\nb"), 1, "a b"),
        (UsageError("--x\x1b[31m\udcff"), 2, r"--x\x1b[31m\udcff"),
        (OSError(errno.ENOENT, "No such file", "a.png"), 1, "a.png: No such file"),
        (OSError(errno.ENOSPC, "No space"), 1, "cannot write the output: No space"),
        (OSError(errno.ECONNRESET, "Reset by peer"), 1, "Reset by peer"),
        (OSError("cannot identify this"), 1, "cannot identify this"),
        (MemoryError(), 1, "there is not enough memory"),
        (RuntimeError("can't start new thread"), 1, "not enough memory for another thread"),
        (MemoryError("Unable to allocate 745 GiB"), 1, "memory: Unable to allocate 745 GiB"),
    ],
)
def test_an_error_is_one_line(capfd, error, code, line):
    assert command.run(raising(error)) == code
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("error: ") and err.endswith(f"{line}\n") and err.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KeyboardInterrupt(), 130),
        (KeyboardInterrupt(signal.SIGTERM), 143),
        (SystemExit(), 0),
        (SystemExit(7), 7),
    ],
)
def test_an_end_that_needs_no_words(capfd, error, code):
    assert command.run(raising(error)) == code
    assert capfd.readouterr() == ("", "")


def test_a_fault_of_the_program_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError):
        command.run(lambda: 1 // 0)


def program(text, **options):
    """A small command in a process of its own."""
    source = f"import sys, time\nfrom helper import command\n{text}"
    piped = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    options = {"cwd": PROJECT_ROOT, "text": True, "env": BUFFERED, **piped, **options}
    return subprocess.Popen([sys.executable, "-c", source], **options)


@pytest.mark.parametrize("unread", [0, 3])
@pytest.mark.parametrize("printer", ["print", "Console().print"])
def test_a_command_whose_reader_leaves_early(unread, printer):
    """The pipe holds less than is written: `main` itself meets the error."""
    process = program(
        f"from rich.console import Console\ndef main():\n    while True: {printer}('x' * 1000)\n"
        f"sys.exit(command.run(main, unread={unread}))"
    )
    assert process.stdout and process.stderr
    process.stdout.read(10)
    process.stdout.close()
    assert (process.stderr.read(), process.wait(30)) == ("", unread)


@pytest.mark.parametrize("code", [0, 5])
def test_the_reader_leaves_when_all_is_done(code):
    """Only the last flush meets the error: the command has succeeded, or failed, before."""
    process = program(
        "def main():\n    print('x')\n    sys.stdin.read()\n"
        f"    return {code}\n"
        "sys.exit(command.run(main, unread=3))"
    )
    assert process.stdin and process.stdout and process.stderr
    process.stdout.close()
    process.stdin.close()
    assert (process.stderr.read(), process.wait(30)) == ("", code)


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_one_line_where_two_things_go_wrong(unbuffered):
    with open("/dev/full", "w") as full:
        process = program(
            "from helper.errors import UsageError\n"
            "def main():\n    print('x', end='')\n    raise UsageError('no run')\n"
            "sys.exit(command.run(main))",
            stdout=full,
            env=BUFFERED | {"PYTHONUNBUFFERED": unbuffered},
        )
        _, err = process.communicate(timeout=30)
    assert err.startswith("error: ") and err.count("\n") == 1
    assert (process.returncode, err) == ((1, FULL) if unbuffered else (2, "error: no run\n"))


def test_ctrl_c():
    process = program("sys.exit(command.run(lambda: print('on', flush=True) or time.sleep(60)))")
    assert process.stdout and process.stdout.readline() == "on\n"
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=30) == ("", "")
    assert process.returncode == 130


def test_memory_that_is_really_too_small():
    process = program(
        "import resource\nresource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))\n"
        "sys.exit(command.run(lambda: len(bytes(2**31))))"
    )
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (1, "", "error: there is not enough memory\n")


def test_characters_that_the_terminal_lacks():
    process = program(
        "sys.exit(command.run(lambda: print('7 × 3')))",
        env=BUFFERED | {"PYTHONIOENCODING": "ascii"},
    )
    assert process.communicate(timeout=30) == ("7 \\xd7 3\n", "")


def test_index_range():
    assert command.index_range("3-7", 10) == slice(3, 8)
    assert command.index_range("9", 10) == slice(9, 10)
    for text in ("", "-", "3-", "-3", "a", "7-3", "10", "3-10"):
        with pytest.raises(UsageError):
            command.index_range(text, 10)
