"""Standard streams that are closed or full; files and memory that are limited."""

from __future__ import annotations

import pytest

from tests.command_server import CLOSED
from tests.hostile.place import Case, check, check_output

SCRIPTS = [
    "compare_runs.py",
    "compare_runs.py --csv=-",
    "compare_runs.py --help",
    "clean_runs.py list",
    "diff_runs.py softmax/1 mlp/1",
    "aggregate_runs.py --help",
    "plot_runs.py --help",
    "sweep.py --help",
    "fetch_data.py --help",
]
TRAIN = "experiments/softmax.py --data_dir=data --steps=4 --batch_size=10"


@pytest.mark.parametrize("command", SCRIPTS)
@pytest.mark.parametrize(
    ("stream", "code", "says"),
    [
        ({"stdout": CLOSED}, 1, "standard output is closed"),
        ({"stdout": "/dev/full"}, 1, "cannot write the output: No space"),
        ({"stderr": CLOSED}, 0, ""),
        ({"stderr": "/dev/full"}, 0, ""),
        ({"stdin": CLOSED}, 0, ""),
        ({"stdout": CLOSED, "stderr": CLOSED}, 1, None),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else None,
)
def test_streams(server, folder, command, stream, code, says):
    if says is not None:
        check(Case("", None, f"scripts/{command}", code, says), server, folder, **stream)
    else:
        done = server.run(["scripts/" + command.split()[0], *command.split()[1:]], folder, **stream)
        check_output(done)
        assert done.code == code


@pytest.mark.parametrize(
    ("stream", "code", "says", "changes"),
    [
        ({"stdout": CLOSED}, 1, "standard output is closed", ()),
        ({"stderr": CLOSED}, 0, "", ("logs*",)),
        ({"stdin": CLOSED}, 0, "", ("logs*",)),
        ({"stderr": "/dev/full"}, 0, "", ("logs*",)),
        ({"stdout": "/dev/full"}, 1, "cannot write the output", ("logs*",)),
    ],
)
def test_streams_of_an_experiment(tensorflow_server, folder, stream, code, says, changes):
    check(Case("", None, TRAIN, code, says, "", changes), tensorflow_server, folder, **stream)


@pytest.mark.parametrize(
    "command",
    ["compare_runs.py --html=page.html", "plot_runs.py mlp/1 --metric=accuracy --out=a.png"],
)
def test_a_file_that_must_not_grow(server, folder, command):
    """As on a full disk: one line, and no half of a file that replaces a whole one."""
    case = Case("", None, f"scripts/{command}", 1, "File too large", "", ("a.png",))
    check(case, server, folder, limits={"RLIMIT_FSIZE": 512})


def test_a_run_whose_files_must_not_grow(tensorflow_server, folder):
    case = Case("", None, TRAIN, 1, "^error", "", ("logs/softmax*",))
    check(case, tensorflow_server, folder, limits={"RLIMIT_FSIZE": 3_000})


@pytest.mark.parametrize("megabytes", [1_800, 2_000, 2_200, 2_400, 2_500, 2_700, 3_000])
def test_memory_that_runs_out(tensorflow_server, folder, megabytes):
    """While the graph is made, in a step, in an evaluation, in a save: whichever comes first.

    Where TensorFlow's C++ cannot go on it ends the process, as a kill would. In any case nothing
    that was saved is lost: with memory enough, the run ends.
    """
    train = "experiments/mlp.py --layers=3000,3000 --data_dir=data --steps=4 --batch_size=10"
    limits = {"RLIMIT_AS": megabytes << 20}
    done = tensorflow_server.run(train.split(), folder, limits=limits)
    assert done.code in (0, 1, 2, 127, -6, -11), done.stderr
    if done.code in (0, 1, 2):
        check_output(done)
        assert ("error: " in done.stderr) == (done.code != 0)
    if (folder / "logs/mlp/0002-batch_size=10,layers=3000,3000").exists():
        again = tensorflow_server.run(["experiments/mlp.py", "--resume=2"], folder)
        assert again.code == 0, again.stderr
    else:
        assert done.code
