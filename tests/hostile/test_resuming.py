"""Damaged records and checkpoints of a run that is to go on, and hostile flags of experiments."""

from __future__ import annotations

import pytest

from tests.hostile import damage
from tests.hostile.damage import both, fields, write
from tests.hostile.place import Case, check

RUN = "logs/softmax/0001-x"
LAST = f"{RUN}/checkpoints/step-{6:010}"
TENSORS = f"{LAST}.data-00000-of-00001"
RESUME = "experiments/softmax.py --resume=1 --steps=8"
TRAIN = "experiments/softmax.py --data_dir=data --steps=4 --batch_size=10"
WRITTEN = (f"{RUN}/*",)
ON = "resuming .*0001-x at step 6"
BACK = "step-0000000006 is skipped(.|\n)*resuming .*0001-x at step 2"


def refused(name: str, spoil, says: str, code: int = 1) -> Case:
    return Case(name, spoil, RESUME, code, says)


def goes_back(name: str, spoil) -> Case:
    return Case(name, spoil, RESUME, 0, "", BACK, WRITTEN)


CASES = [
    Case("by number", None, RESUME, 0, "", ON, WRITTEN),
    Case("no such number", None, "experiments/softmax.py --resume=9", 2, "9 matches no run"),
    Case("escape", None, "experiments/softmax.py --resume=\x1b[31m", 2, "x1b"),
    Case("5,000 digits", None, f"experiments/softmax.py --resume={'9' * 5_000}", 2, "no run"),
    Case("outside", None, "experiments/softmax.py --resume=../../..", 2, "no run"),
    Case("another experiment", None, "experiments/mlp.py --resume=softmax/1", 2, "of softmax"),
    refused("record nested deep", write(f"{RUN}/run.json", "[" * 200_000), "not valid JSON"),
    refused("record of a newer format", fields(f"{RUN}/run.json", format=99), "newer version"),
    refused("record without data", fields(f"{RUN}/run.json", data=...), "other data", 2),
    refused("record of 400 digits", fields(f"{RUN}/run.json", step=10**400), "64 bits"),
    refused("record that is a FIFO", damage.fifo(f"{RUN}/run.json"), "not a regular file"),
    refused("record that is a link", damage.link(f"{RUN}/run.json", "/dev/zero"), "is a link"),
    refused("lock that is a FIFO", damage.fifo(f"{RUN}/lock"), "lock is not a regular"),
    refused("lock that is a link", damage.link(f"{RUN}/lock", "run.json"), "cannot write to"),
    refused("lock that is a directory", damage.directory(f"{RUN}/lock"), "cannot write to"),
    refused("no checkpoints", damage.removed(f"{RUN}/checkpoints"), "are gone"),
    refused("checkpoints that are a FIFO", damage.fifo(f"{RUN}/checkpoints"), "gone|resumed"),
    goes_back("tensors with a flipped byte", damage.flipped(TENSORS)),
    goes_back("tensors cut short", damage.cut(TENSORS)),
    goes_back("tensors that are a FIFO", damage.fifo(TENSORS)),
    goes_back("tensors that are a link", damage.link(TENSORS, "/dev/zero")),
    goes_back("tensors missing", damage.removed(TENSORS)),
    goes_back("index with a flipped byte", damage.flipped(f"{LAST}.index")),
    # Only that checkpoint cannot be written again; the run goes on to its last step.
    Case(
        "index that is a directory",
        damage.directory(f"{LAST}.index"),
        RESUME,
        1,
        "^error: .*step-0000000006",
        BACK,
        WRITTEN,
    ),
    goes_back("state nested deep", write(f"{LAST}.json", "[" * 200_000)),
    goes_back("state without a field", fields(f"{LAST}.json", state=...)),
    goes_back("state that is empty", fields(f"{LAST}.json", state={})),
    goes_back("state of 400 digits", fields(f"{LAST}.json", step=10**400)),
    goes_back("state that is a FIFO", damage.fifo(f"{LAST}.json")),
    goes_back("state that is a list", write(f"{LAST}.json", "[]")),
    goes_back("state of another run", fields(f"{LAST}.json", run="other")),
    goes_back("state of another step", fields(f"{LAST}.json", step=4)),
    goes_back("state with a wrong type", fields(f"{LAST}.json", score="high")),
    refused(
        "no good checkpoint",
        both(*(damage.cut(f"{RUN}/checkpoints/step-{n:010}.index") for n in (2, 6))),
        "no checkpoint of .* is good",
    ),
    Case("learning rate nan", None, f"{TRAIN} --learning_rate=nan", 2, "learning_rate"),
    Case("learning rate 1e400", None, f"{TRAIN} --learning_rate=1e400", 2, "learning_rate"),
    Case("steps of 5,000 digits", None, f"{TRAIN} --steps={'9' * 5_000}", 2, "steps"),
    Case("steps of 400 digits", None, f"{TRAIN} --steps={10**400}", 2, "steps"),
    Case("seed below 0", None, f"{TRAIN} --seed=-1", 2, "seed"),
    Case("batch", None, f"{TRAIN} --batch_size=61", 2, "more than the 60"),
    Case("run name", None, f"{TRAIN} --run_name=../../x", 2, "not a valid run name"),
    Case("run name with escapes", None, f"{TRAIN} --run_name=\x1b[31m", 2, "x1b"),
    Case("log directory that is a file", write("f", ""), f"{TRAIN} --logdir=f", 1, "choose"),
    Case("log directory with brackets", None, f"{TRAIN} --logdir=a[b", 2, "checkpoints cannot"),
    Case("flag file", None, f"{TRAIN} --flagfile=no", 2, "no"),
    Case("unknown flag", None, f"{TRAIN} --\x1b[31m=1", 2, "x1b"),
    Case(
        "a learning rate that is too large",
        None,
        f"{TRAIN} --learning_rate=100",
        0,
        "",
        "note: the test loss is .*higher than",
        ("logs/softmax/0003*",),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_resuming(tensorflow_server, trained, case):
    check(case, tensorflow_server, trained)
