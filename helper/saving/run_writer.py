"""What a run leaves behind: its record, its curves, and what else TensorBoard shows."""

from __future__ import annotations

import contextlib
import math
import platform
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from tensorboard.plugins.hparams import api_pb2
from tensorboard.plugins.hparams import summary as hparams_summary
from tensorboard.plugins.text.summary_v2 import text_pb

from helper.errors import reason
from helper.files import replace_atomically, write_atomically
from helper.runs import directory
from helper.runs.directory import Run
from helper.runs.flag_roles import role
from helper.runs.record import RECORD_FILE, Best, Record, Status
from helper.runs.settings import Settings
from helper.saving.checkpoint_files import Seconds
from helper.saving.event_writer import EventWriter

_HPARAMS_STATUS = {
    Status.COMPLETED: api_pb2.STATUS_SUCCESS,
    Status.INTERRUPTED: api_pb2.STATUS_UNKNOWN,
    Status.DIVERGED: api_pb2.STATUS_FAILURE,
    Status.FAILED: api_pb2.STATUS_FAILURE,
}


class RunWriter:
    """Writes one run: ``run.json``, and an event file in each of its directories.

    A disk fault does not stop the training: it is kept in ``faults``, and the record counts the
    summaries that were lost.
    """

    def __init__(self, run: Run, graph_def: Any, settings: Settings, step: int) -> None:
        """step: where the run continues; 0 for a new one."""
        self._run = run
        self._settings = settings
        self._first_step = step
        self._lost_before = run.record.summaries_lost
        self._other_faults: dict[str, tuple[str, int]] = {}
        self._writers: dict[str, EventWriter] = {}
        self._reported: set[str] = set()  # the writers whose fault was returned by flush
        with self._noting_faults(directory.FLAGS_FILE):
            write_atomically(run.path / directory.FLAGS_FILE, settings.flagfile)
        root = self._writer("")
        if step == 0:
            root.graph(graph_def)
            root.summary(0, hparams_summary.session_start_pb(_hparam_values(settings.flags)))
            root.summary(0, text_pb("run", _as_markdown(run.record)))
        root.flush()
        self.save_record()

    @property
    def best(self) -> dict[str, Best]:
        """The best value so far of each metric that has a direction, by "split/metric"."""
        return dict(self._run.record.best)

    @property
    def faults(self) -> list[str]:
        """What went wrong with the disk, one line each."""
        found = [writer.fault for writer in self._writers.values()]
        return [fault for fault in found if fault] + [
            first + (f" (and {number - 1} more)" if number > 1 else "")
            for first, number in self._other_faults.values()
        ]

    def note_fault(self, kind: str, message: str) -> bool:
        """Keep another fault, to be reported at the end; return whether its kind is new.

        The first of each kind is reported, the others are counted.
        """
        first, number = self._other_faults.get(kind, (message, 0))
        self._other_faults[kind] = (first, number + 1)
        return number == 0

    def scalars(self, split: str, step: int, values: Mapping[str, float]) -> None:
        """Log values under their own tags in the directory of the split."""
        self._writer(split).scalars(step, values)

    def summary(self, split: str, step: int, summary: Any) -> None:
        """Log a summary in the directory of the split."""
        self._writer(split).summary(step, summary)

    def evaluation(self, split: str, step: int, metrics: Mapping[str, float]) -> bool:
        """Log an evaluation and keep the best values.

        A metric that declares no direction has no best. Returns whether the metric that chooses the
        best checkpoint is at its best.
        """
        record = self._run.record
        for name, value in metrics.items():
            tag, lower = f"{split}/{name}", record.lower_is_better.get(name)
            if lower is None or not math.isfinite(value):
                continue
            if tag not in record.best or is_better(value, record.best[tag].value, lower):
                record.best[tag] = Best(value, step)
        self.scalars(split, step, metrics)
        self.scalars("", step, {f"best/{tag}": best.value for tag, best in record.best.items()})
        best = record.best.get(record.score_tag)
        return best is not None and best.step == step

    def score(self, metrics: Mapping[str, float]) -> float:
        """What chooses the best checkpoint: the run's own metric, negated if lower is better."""
        record = self._run.record
        value = metrics[record.select_by]
        return -value if record.lower_is_better[record.select_by] else value

    def flush(self, durable: bool = True) -> str | None:
        """Write everything logged so far to the files; return the first new fault of a writer.

        durable: also make it safe from a crash of the machine, which takes longer.
        """
        new = []
        for split, writer in self._writers.items():
            writer.flush(durable)
            if writer.fault and split not in self._reported:
                self._reported.add(split)
                new.append(writer.fault)
        return new[0] if new else None

    def saved(self, step: int) -> None:
        """Record that there is a checkpoint at this step."""
        self._run.record.step = self._run.record.saved_step = step

    def save_record(self) -> None:
        """Replace ``run.json``."""
        self._run.record.summaries_lost = self._lost_before + sum(
            writer.lost for writer in self._writers.values()
        )
        with self._noting_faults(RECORD_FILE):
            self._run.save_record()

    def save_predictions(self, predicted: np.ndarray, targets: np.ndarray) -> None:
        """Save the predicted and the true class of every test example: int64 [examples] each."""
        with self._noting_faults(directory.PREDICTIONS_FILE):
            self._run.check_in_place()
            replace_atomically(
                self._run.path / directory.PREDICTIONS_FILE,
                lambda file: np.savez_compressed(file, predicted=predicted, label=targets),
            )

    def close(
        self, status: Status, step: int, final: Mapping[str, float], seconds: Seconds
    ) -> None:
        """End the run, with its status, the last step done, its final metrics and its time."""
        self.scalars("", step, {f"final/{tag}": value for tag, value in final.items()})
        self._writer("").summary(step, hparams_summary.session_end_pb(_HPARAMS_STATUS[status]))
        for writer in self._writers.values():
            writer.close()
        record = self._run.record
        record.status, record.ended, record.step = status, directory.now(), step
        record.seconds, record.seconds_in_steps = seconds.seconds, seconds.seconds_in_steps
        record.steps_per_second = step / seconds.seconds if seconds.seconds else 0.0
        record.final = dict(final)
        self.save_record()
        self._run.close()

    def _writer(self, split: str) -> EventWriter:
        if split not in self._writers:
            every = self._settings.log_every if split == "train" else self._settings.eval_every
            resumed_at = None
            if self._settings.resume is not None:
                resumed_at = self._first_step // every * every if self._first_step else -1
            writer = EventWriter(self._run.path / split, resumed_at, self._run.check_in_place)
            self._writers[split] = writer
        return self._writers[split]

    @contextlib.contextmanager
    def _noting_faults(self, name: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.note_fault(name, f"{self._run.path / name}: {reason(error)}")


def is_better(value: float, than: float, lower_is_better: bool) -> bool:
    """Whether one value of a metric is better than another."""
    return value < than if lower_is_better else value > than


def _hparam_values(flags: Mapping[str, Any]) -> dict[str, Any]:
    """The hyper-parameters: booleans, numbers and strings as they are, lists as text."""
    return {
        name: value if isinstance(value, (bool, int, float, str)) else str(value)
        for name, value in flags.items()
        if value is not None and role(name).hyper_parameter
    }


def _as_markdown(record: Record) -> str:
    """A table for TensorBoard's text page: command, flags, versions, commit and data."""
    rows = {
        "command": " ".join(record.argv),
        **{f"--{k}": value for k, value in record.flags.items() if value is not None},
        **{f"version of {name}": value for name, value in record.versions.items()},
        "platform": f"{platform.platform()}, {sys.byteorder} endian",
        "commit": record.commit,
        "data": record.data.name if record.data else "",
        "data SHA-256": record.data.sha256 if record.data else "",
        "parameters": f"{record.parameter_count:,}",
        "started": record.started,
    }
    lines = [f"| {name} | `{value}` |" for name, value in rows.items()]
    return "\n".join(["| | |", "|---|---|", *lines])
