"""The process of one contestant, so that no two frameworks share thread pools and allocators.

    python -m scripts.benchmarks.worker NAME TASK

TASK is JSON. Every line on standard input is a number of steps to train, which it answers with a
line of JSON. In between it waits for input, and uses no processor time.
"""

from __future__ import annotations

import json
import os
import sys
import time

from helper.data import datasets
from scripts.benchmarks.contestants import CONTESTANTS
from scripts.benchmarks.task import Task


def main(name: str, task_json: str) -> None:
    # Whatever a framework prints must not mix with the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    task = Task(**json.loads(task_json))
    data = datasets.load(task.dataset, task.data_dir)
    train = CONTESTANTS[name].prepare()(task, data)
    for line in sys.stdin:
        steps = int(line)
        started = time.perf_counter()
        history = train(steps)
        seconds = time.perf_counter() - started
        if len(history.losses) != steps or len(history.accuracies) != steps:
            raise RuntimeError(f"{name} kept {len(history.losses)} losses of {steps} steps")
        answer = {
            "seconds": seconds if history.seconds is None else history.seconds,
            "loss": float(history.losses.mean()),
            "accuracy": float(history.accuracies.mean()),
        }
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
