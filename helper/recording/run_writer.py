"""What a run leaves behind: its record, its curves, and what else TensorBoard shows."""

from __future__ import annotations

import contextlib
import datetime
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from tensorboard.plugins.text.summary_v2 import text_pb

from helper.errors import reason
from helper.files import replace_atomically, write_atomically
from helper.recording import hparams, run_page
from helper.recording.event_writer import EventWriter
from helper.runs import directory, event_files, events, flag_roles
from helper.runs.directory import Run
from helper.runs.record import RECORD_FILE, Best, Record, Seconds, Status, result_tag


class RunWriter:
    """Writes one run: ``run.json``, and an event file in each of its directories.

    A disk fault does not stop the training: it is kept in ``faults``, and the record counts the
    summaries that were lost.
    """

    def __init__(
        self,
        run: Run,
        flagfile: str,
        graph_def: Any = None,
        resumed_at: Mapping[str, int] | None = None,
    ) -> None:
        """flagfile: the settings, as a flag file's text. graph_def: as for ``graph``, or later.

        resumed_at: where the curves of each split end in a resumed run; None for a new one.
        """
        self._run = run
        self._resumed_at = resumed_at
        self._lost_before = run.record.summaries_lost
        self._other_faults: dict[str, tuple[str, int]] = {}
        self._writers: dict[str, EventWriter] = {}
        self._reported: set[str] = set()  # the writers whose fault was returned by flush
        with self._noting_faults(directory.FLAGS_FILE):
            write_atomically(run.path / directory.FLAGS_FILE, flagfile)
        self._begin_events(graph_def)
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

    def graph(self, graph_def: Any) -> None:
        """Write the graph (a GraphDef) that TensorBoard shows, unless the run has one."""
        if events.read_graph(self._run.path / "train", report=lambda _: None) is None:
            self._writer("train").graph(graph_def)

    def scalars(self, split: str, step: int, values: Mapping[str, float]) -> None:
        """Log values under their own tags in the directory of the split."""
        self._writer(split).scalars(step, values)

    def summary(self, split: str, step: int, summary: Any) -> None:
        """Log a summary in the directory of the split; the timing of a ``Session.run``
        (``TaggedRunMetadata``) beside the graph."""
        if summary.DESCRIPTOR.name == "TaggedRunMetadata":
            self._writer("train").run_metadata(step, summary)
        else:
            self._writer(split).summary(step, summary)

    def evaluation(self, split: str, step: int, metrics: Mapping[str, float]) -> bool:
        """Log an evaluation and keep the best values.

        Returns whether the metric that chooses the best checkpoint is at its best.
        """
        self.scalars(split, step, metrics)
        return self.note_best(split, step, metrics)

    def note_best(self, split: str, step: int, metrics: Mapping[str, float]) -> bool:
        """The same for an evaluation that is logged already.

        A metric that declares no direction has no best.
        """
        record = self._run.record
        for name, value in metrics.items():
            tag, lower = f"{split}/{name}", record.lower_is_better.get(name)
            if lower is None or not math.isfinite(value):
                continue
            if tag not in record.best or is_better(value, record.best[tag].value, lower):
                record.best[tag] = Best(value, step)
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
        watched = self._run.record.watched
        self.scalars(watched, step, _results(self._run.record, final))
        self.summary(watched, step, hparams.session_end(status))
        for writer in self._writers.values():
            writer.close()
        record = self._run.record
        record.status, record.ended, record.step = status, directory.now(), step
        record.seconds, record.seconds_in_steps = seconds.seconds, seconds.seconds_in_steps
        record.steps_per_second = step / seconds.seconds if seconds.seconds else 0.0
        record.final = dict(final)
        self.save_record()
        self._run.close()

    def _begin_events(self, graph_def: Any) -> None:
        """What comes before the first point: the graph, and what TensorBoard shows of the record.

        A resumed run says anew what its settings are. What an earlier version wrote to the run
        directory itself would be a third entry in TensorBoard.
        """
        record = self._run.record
        old = event_files.find(self._run.path)
        if graph_def is not None:
            self.graph(graph_def)
        self.summary(record.watched, 0, self._settings_row())
        self.summary(record.watched, 0, text_pb("run", run_page.markdown(record)))
        self.flush()
        if not self.faults:
            for path in old:
                with self._noting_faults(path.name):
                    path.unlink()

    def _settings_row(self) -> Any:
        """A summary for the HPARAMS page."""
        record, started = self._run.record, 0.0
        if record.started:
            started = datetime.datetime.fromisoformat(record.started).timestamp()
        columns = flag_roles.hyper_parameters(record.experiment, record.flags)
        return hparams.session_start(columns, f"{record.experiment}/{record.name}", started)

    def _writer(self, split: str) -> EventWriter:
        if split not in self._writers:
            resumed_at = None
            if self._resumed_at is not None:
                resumed_at = self._resumed_at.get(split, -1)
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


def _results(record: Record, final: Mapping[str, float]) -> dict[str, float]:
    """What the curves do not say: the best values, and the metrics of the other splits, by tag.

    The tags come after those of the curves, which TensorBoard sorts by name.
    """
    best = {
        result_tag("best", tag.partition("/")[2]): found.value for tag, found in record.best.items()
    }
    others = {
        result_tag(split, metric): value
        for split, _, metric, value in ((*tag.partition("/"), v) for tag, v in final.items())
        if split != record.watched
    }
    return best | others
