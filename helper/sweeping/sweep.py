"""Run one experiment with many settings, each in its own process; started again, continue."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from helper.runs import listing
from helper.runs.listing import ListedRun
from helper.sweeping.setting import Setting, is_of

# A run is a pure function of its settings: one that diverged would diverge again.
FINISHED = ("completed", "diverged")
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
        self._stopped = threading.Event()
        self._processes: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()

    def command(self, setting: Setting, run: ListedRun | None = None) -> list[str]:
        """The command that starts a setting, or resumes a run of it that was cut short."""
        start = [sys.executable, str(self._script)]
        if run is not None and _checkpointed(run):
            return [*start, f"--resume={run.path.absolute()}", f"--logdir={self._logdir}"]
        name = self._names.get(setting)
        named = [f"--run_name={name}"] if name else []
        return [*start, *setting, *named, f"--logdir={self._logdir}"]

    def find(self, setting: Setting) -> ListedRun | None:
        """The run of exactly this setting that got furthest, whoever started it: a finished one,
        else a running one, else the longest."""
        directory = self._logdir / self._script.stem
        runs = listing.below(directory, self._logdir) if directory.is_dir() else ()
        ranks = {"completed": 3, "diverged": 2, "running": 1}
        return max(
            (run for run in runs if run.record and is_of(run.record.argv, setting)),
            key=lambda run: (
                ranks.get(run.status, 0),
                _checkpointed(run),
                run.record.step if run.record else 0,
            ),
            default=None,
        )

    def run(
        self, settings: Sequence[Setting], jobs: int, ended: Callable[[Outcome], None]
    ) -> list[Outcome]:
        """Run what has not finished yet, `jobs` at a time; `ended` is called after each.

        On KeyboardInterrupt, interrupt the runs as Ctrl-C would, wait for them and raise it again;
        a second KeyboardInterrupt kills them.
        """
        outcomes: list[Outcome] = []

        def one(setting: Setting) -> None:
            if not self._stopped.is_set():
                outcome = self._one(setting)
                with self._lock:
                    outcomes.append(outcome)
                    ended(outcome)

        with ThreadPoolExecutor(jobs) as pool:
            futures = [pool.submit(one, setting) for setting in settings]
            try:
                for future in futures:
                    future.result()
            except BaseException:
                self._stopped.set()
                pool.shutdown(wait=False, cancel_futures=True)
                self._signal(signal.SIGINT)
                try:
                    pool.shutdown()
                except KeyboardInterrupt:
                    self._signal(signal.SIGKILL)
                raise
        return outcomes

    def _one(self, setting: Setting) -> Outcome:
        run = self.find(setting)
        while run is not None and run.status == "running" and not self._stopped.is_set():
            # Left behind by a sweep that was killed, or started by another one: wait for it.
            time.sleep(0.5)
            run = self.find(setting)
        if run is not None and run.status in FINISHED:
            return Outcome(setting, run.status, True, "", run)
        code, error = self._execute(setting, self.command(setting, run))
        run = self.find(setting)
        status = run.status if run is not None and run.status in FINISHED else "failed"
        if code in (130, -signal.SIGINT):
            status = "interrupted"
        elif code != 0 and status == "completed":
            error = f"completed, but: {error}"
        return Outcome(setting, status, False, error if code else "", run)

    def _execute(self, setting: Setting, command: Sequence[str]) -> tuple[int, str]:
        """Run to the end. Returns the exit code and the last line of standard error."""
        with tempfile.TemporaryFile("w+", errors="replace") as errors:
            with self._lock:
                if self._stopped.is_set():
                    return 130, ""
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    text=True,
                    errors="replace",
                    # Ctrl-C reaches only the sweep, which passes it on once.
                    start_new_session=True,
                )
                self._processes.add(process)
            assert process.stdout is not None
            run = None
            for line in process.stdout:
                if match := _STEP.match(line):
                    run = run or self.find(setting)
                    steps = run.record.steps if run and run.record else None
                    self._report(setting, int(match[1]), steps, match[2])
            code = process.wait()
            with self._lock:
                self._processes.discard(process)
            errors.seek(0)
            lines = errors.read().strip().splitlines()
            return code, lines[-1] if lines else f"exit code {code}"

    def _signal(self, number: signal.Signals) -> None:
        with self._lock:
            for process in self._processes:
                if process.poll() is None:
                    os.kill(process.pid, number)


def _checkpointed(run: ListedRun) -> bool:
    return any((run.path / "checkpoints").glob("*.index"))
