"""A stand-in for an experiment, without TensorFlow, whose runs have a curve of validation.

Its accuracy after some steps is a function of the flags; a resumed run goes on where it stopped.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from helper.runs import directory
from helper.runs.directory import Run
from helper.runs.record import Data, Record, Status
from helper.sweeping.workers import Ended
from tests.made_runs import scalar, start, write_events

Flags = dict[str, Any]


def quality(flags: Flags, step: int) -> float:
    """Better with more steps; a setting of high quality is better than all of lower."""
    return float(flags.get("quality", 0.5)) * (1 - 0.5 ** (step / 1000))


def main(argv: Sequence[str], accuracy: Callable[[Flags, int], float] = quality) -> int:
    """``python toy.py --quality=0.5 --steps=1000 …``; returns the exit code.

    Further flags: --fail, --diverge_at=STEP, --pause=SECONDS at each evaluation, --data=SHA256.
    """
    given = dict(item.lstrip("-").partition("=")[::2] for item in argv[1:])
    if "fail" in given:
        print("error: told to fail", file=sys.stderr)
        return 1
    run = _resumed(given) if "resume" in given else _new(given, argv)
    try:
        return _train(run, accuracy)
    finally:
        run.close()


def _new(given: Flags, argv: Sequence[str]) -> Run:
    held_out = round(100 * float(given.get("validation_split", 0)))
    first = Record(
        "toy",
        "",
        argv=list(argv),
        flags={
            key: int(value) if key in ("seed", "steps") else value
            for key, value in given.items()
            if key != "run_name"
        },
        steps=int(given["steps"]),
        seed=int(given.get("seed", 0)),
        engine={"pid": os.getpid(), "launches": 1},
        data=Data("toy", given.get("data", "ab" * 32), 100 - held_out, held_out, 50),
        lower_is_better={"accuracy": False, "loss": True},
        select_by=given.get("select_by", "accuracy"),
    )
    return directory.create(given["logdir"], given.get("run_name", ""), first)


def _resumed(given: Flags) -> Run:
    run = directory.reopen(Path(given["resume"]))
    record = run.record
    assert int(given.get("steps", record.steps)) >= record.steps, "fewer steps than it has"
    record.steps = int(given.get("steps", record.steps))
    record.flags["steps"] = record.steps
    record.status, record.final = Status.RUNNING, {}
    record.engine = {"pid": os.getpid(), "launches": int(record.engine["launches"] or 0) + 1}
    run.save_record()
    return run


def _train(run: Run, accuracy: Callable[[Flags, int], float]) -> int:
    record, flags = run.record, run.record.flags
    every = int(str(flags.get("eval_every", 1000)))
    wall = record.step
    while record.step < record.steps:
        time.sleep(float(str(flags.get("pause", 0))))
        record.step = min(record.step + every, record.steps)
        if record.step > int(str(flags.get("diverge_at", 10**9))):
            record.step -= every
            return _end(run, Status.DIVERGED, {}) or 1
        value = accuracy(flags, record.step)
        metrics = {"accuracy": value, "loss": 1 - value}
        begun = [] if record.step > every else [start(0)]
        events = [*begun, scalar(record.step, metrics)]
        write_events(run.path / record.watched, *events, second=1_700_000_000 + wall)
        wall = record.step
        (run.path / "checkpoints").mkdir(exist_ok=True)
        (run.path / "checkpoints" / f"step-{record.step:010d}.index").touch()
        record.saved_step = record.step
        run.save_record()
        print(f"step: {record.step}, train-acc: 0.5000, validation-acc: {value:.4f}", flush=True)
    value, label = accuracy(flags, record.step), np.arange(50) % 10
    metrics = {"accuracy": value, "loss": 1 - value}
    right = np.arange(50) < 50 * value
    predicted = np.where(right, label, (label + 1) % 10)
    np.savez(run.path / directory.PREDICTIONS_FILE, predicted=predicted, label=label)
    final = {f"{record.watched}/{name}": number for name, number in metrics.items()}
    return _end(run, Status.COMPLETED, final | {"test/accuracy": float(np.mean(right))})


def _end(run: Run, status: Status, final: dict[str, float]) -> int:
    run.record.status, run.record.final = status, final
    run.save_record()
    return 0


def program(root: Path) -> str:
    """The text of a script that is this experiment."""
    lines = (f"import sys; sys.path.insert(0, {str(root)!r})", "from tests import toy_experiment")
    return "\n".join((*lines, "sys.exit(toy_experiment.main(sys.argv))", ""))


class Here:
    """Workers that train it in the test's own process. stop_after: an error after so many."""

    jobs = 1

    def __init__(self, accuracy=quality, stop_after=10**9):
        self.accuracy, self.stop_after, self.trained = accuracy, stop_after, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def train(self, task, said):
        if len(self.trained) == self.stop_after:
            raise RuntimeError("killed")
        self.trained.append(task)
        code = main([str(task.script), *task.arguments], self.accuracy)
        return Ended(code, "error" if code else "")

    def interrupt(self):
        pass

    kill = interrupt
