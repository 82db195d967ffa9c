"""Run one experiment with many settings; started again, continue."""

from __future__ import annotations

import re
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from helper.runs.listing import ListedRun
from helper.sweeping import judging
from helper.sweeping.found_runs import FoundRuns, has_checkpoint
from helper.sweeping.setting import Setting
from helper.sweeping.workers import INTERRUPTED, Task, Workers

_STEP = re.compile(r"step: (\d+), (.*)")


@dataclass(frozen=True)
class Outcome:
    """How a setting ended. status: a run's status, or "failed"; skipped: it had finished before;
    error: the last line the process wrote to standard error; run: None if there is none."""

    setting: Setting
    status: str
    skipped: bool
    error: str
    run: ListedRun | None


class Sweep:
    """The settings to run for one experiment script, below one log directory.

    names: what to call the runs of these settings; others name themselves.
    report: called from the worker threads with (setting, step, steps or None, "train-acc: …").
    """

    def __init__(
        self,
        script: Path,
        logdir: Path,
        report: Callable[[Setting, int, int | None, str], None] = lambda *_: None,
        names: Mapping[Setting, str] | None = None,
    ) -> None:
        self._script = script
        self._logdir = logdir
        self._names = names or {}
        self._report = report
        self._found = FoundRuns(script.stem, logdir)
        self._stopped = threading.Event()
        self._lock = threading.Lock()

    def task(self, setting: Setting, goal: int | None = None) -> Task | ListedRun:
        """What is left to do for a setting: start a run, or resume one that was cut short. The run
        itself if it is finished, or running in another process.

        goal: the steps to train an existing run to, if they are more than those of the setting.
        """
        run = self._found.find(setting)
        if run is not None and (run.status == "running" or judging.ended(run, goal)):
            return run
        logdir = f"--logdir={self._logdir}"
        if run is not None and has_checkpoint(run):
            own = run.record.steps if run.record else 0
            longer = [] if goal is None else [f"--steps={max(goal, own)}"]
            arguments = (f"--resume={run.path.absolute()}", *longer, logdir)
            return Task(self._script, arguments, self._logdir, run)
        name = self._names.get(setting)
        named = [f"--run_name={name}"] if name else []
        return Task(self._script, (*setting, *named, logdir), self._logdir)

    def run(
        self,
        settings: Sequence[Setting],
        workers: Workers,
        ended: Callable[[Outcome], None],
        goal: int | None = None,
    ) -> list[Outcome]:
        """Run what has not finished yet, ``workers.jobs`` at a time; `ended` is called after each.
        goal: as in `task`.

        On KeyboardInterrupt, interrupt the runs as Ctrl-C would, wait for them and raise it again;
        a second KeyboardInterrupt kills them.
        """
        outcomes: list[Outcome] = []

        def one(setting: Setting) -> None:
            if not self._stopped.is_set():
                outcome = self._one(setting, workers, goal)
                with self._lock:
                    outcomes.append(outcome)
                    ended(outcome)

        with ThreadPoolExecutor(workers.jobs) as pool:
            futures = [pool.submit(one, setting) for setting in settings]
            try:
                for future in futures:
                    future.result()
            except BaseException:
                self._stopped.set()
                pool.shutdown(wait=False, cancel_futures=True)
                workers.interrupt()
                try:
                    pool.shutdown()
                except KeyboardInterrupt:
                    workers.kill()
                raise
        return outcomes

    def _one(self, setting: Setting, workers: Workers, goal: int | None) -> Outcome:
        task = self.task(setting, goal)
        while isinstance(task, ListedRun):
            status = judging.ended(task, goal)
            if status or self._stopped.is_set():
                return Outcome(setting, status or task.status, True, "", task)
            # Left behind by a sweep that was killed, or started by another one: wait for it.
            time.sleep(0.5)
            task = self.task(setting, goal)
        outcome = self._trained(task, setting, workers, goal)
        if outcome.status == "failed" and not outcome.error and task.resumed is None and goal:
            # A run begun anew, because its checkpoints are gone, has only the setting's own steps.
            again = self.task(setting, goal)
            if isinstance(again, Task) and again.resumed is not None:
                return self._trained(again, setting, workers, goal)
        return outcome

    def _trained(self, task: Task, setting: Setting, workers: Workers, goal: int | None) -> Outcome:
        code, error = workers.train(task, self._reader(setting))
        run = self._found.find(setting)
        status = (judging.ended(run, goal) if run is not None else None) or "failed"
        if code in (INTERRUPTED, -signal.SIGINT):
            status = "interrupted"
        elif code != 0 and status == "completed":
            error = f"completed, but: {error}"
        return Outcome(setting, status, False, error if code else "", run)

    def _reader(self, setting: Setting) -> Callable[[str], None]:
        """Reads the lines of the run of this setting, and reports its steps."""
        run: ListedRun | None = None

        def said(line: str) -> None:
            nonlocal run
            if match := _STEP.match(line):
                run = run or self._found.find(setting)
                steps = run.record.steps if run and run.record else None
                self._report(setting, int(match[1]), steps, match[2])

        return said
