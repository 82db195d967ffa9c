"""The record of a run, ``run.json``: its settings, its environment and its results."""

from __future__ import annotations

import enum
import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from helper.files import write_atomically
from helper.loading import Damaged, converted, load_json

RECORD_FILE = "run.json"
RESULTS = "results/"  # how the tags begin of what a run writes once, at its end
FORMAT = 2
# An experiment's name, or what follows a run's number: a plain directory name.
LONGEST_NAME = 120  # with a run's number, and what is written beside it, well below 255 bytes
NAME = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._=,-]{{0,{LONGEST_NAME - 1}}}")

# Whether lower is better, of metrics that do not say; any other has no direction, and no best.
LOWER_IS_BETTER = {"loss": True, "accuracy": False}

Value = bool | int | float | str | list[bool | int | float | str] | None


class Status(str, enum.Enum):
    """How a run ended, or what it is. The last three never occur in a record."""

    RUNNING = "running"
    COMPLETED = "completed"
    INTERRUPTED = "interrupted"  # by a signal; it can be resumed
    DIVERGED = "diverged"  # its loss stopped being finite
    FAILED = "failed"
    KILLED = "killed"  # its record says running, but no process is running it
    DAMAGED = "damaged"  # its record cannot be read
    FOREIGN = "foreign"  # event files of another program

    __str__ = str.__str__


@dataclass(frozen=True)
class Data:
    """train, validation, test: numbers of examples. sha256: that of the ``datasets.Dataset``."""

    name: str
    sha256: str
    train: int = 0
    validation: int = 0
    test: int = 0
    image_shape: tuple[int, int] = (28, 28)
    num_classes: int = 10


@dataclass(frozen=True)
class Best:
    """The best value of a metric, and the step after which it was measured."""

    value: float
    step: int


@dataclass
class Seconds:
    """The time a run has taken so far, over all launches, and the part of it spent in steps."""

    seconds: float = 0.0
    seconds_in_steps: float = 0.0


@dataclass(frozen=True)
class Network:
    """Where to find the network in the graph that the run wrote: names of tensors.

    images: uint8 [batch, pixels]. labels: int64 [batch]. predictions: int64 [batch].
    probabilities: float32 [batch, classes]. targets: int64 [batch], what the predictions should
    be, computed from the labels. None: the experiment has none.
    """

    images: str
    labels: str
    predictions: str | None = None
    probabilities: str | None = None
    targets: str | None = None


@dataclass
class Record:
    """One run. Times are UTC in ISO 8601, durations are in seconds.

    id: unique to the run. flags: every setting, by its flag's name. lower_is_better: the direction
    of each metric, None if it has none. select_by: the metric by which the best
    checkpoint is chosen. graph_sha256: of the part of the graph that decides the result.
    step: steps done. saved_step: the step of the newest checkpoint. final, best: by "split/metric".
    changed_files: the files that differ from the commit. early_evaluations: the steps before the
    first interval of evaluations after which the run is evaluated as well.
    watched: the split that is evaluated while the run trains; by default "validation" if the data
    has one. origin: who trained it: this project's loop (an "experiment"), a loop of the program's
    own that used the "recorder", or a "script" that knows nothing of this project.
    """

    experiment: str
    name: str
    status: Status = Status.RUNNING
    format: int = FORMAT
    id: str = ""
    argv: list[str] = field(default_factory=list)
    flags: dict[str, Value] = field(default_factory=dict)
    seed: int = 0
    steps: int = 0
    started: str | None = None
    ended: str | None = None
    step: int = 0
    saved_step: int = 0
    seconds: float = 0.0
    seconds_in_steps: float = 0.0
    steps_per_second: float = 0.0
    versions: dict[str, str] = field(default_factory=dict)
    engine: dict[str, str | int | bool | None] = field(default_factory=dict)
    commit: str | None = None
    changed_files: list[str] = field(default_factory=list)
    data: Data | None = None
    parameters: dict[str, list[int]] = field(default_factory=dict)
    parameter_count: int = 0
    lower_is_better: dict[str, bool | None] = field(default_factory=dict)
    select_by: str = "accuracy"
    network: Network | None = None
    graph_sha256: str | None = None
    final: dict[str, float] = field(default_factory=dict)
    best: dict[str, Best] = field(default_factory=dict)
    summaries_lost: int = 0
    early_evaluations: list[int] = field(default_factory=list)
    watched: Literal["", "test", "validation"] = ""
    origin: Literal["experiment", "recorder", "script"] = "experiment"

    def __post_init__(self) -> None:
        if not self.watched:
            self.watched = "validation" if self.data and self.data.validation else "test"

    @property
    def score_tag(self) -> str:
        """The split and metric by which this run's best checkpoint is chosen, as "split/metric"."""
        return f"{self.watched}/{self.select_by}"


def result_tag(which: str, metric: str) -> str:
    """The tag of a metric's "best" value, or of its value on another split at the end of a run.

    "accuracy": "results/best accuracy", "two-class/F1": "results/two-class/best F1". In this way
    TensorBoard, which sorts by name, begins with what all experiments have.
    """
    group, slash, name = metric.rpartition("/")
    return f"{RESULTS}{group}{slash}{which} {name}"


def load(run_directory: Path) -> Record:
    """The record of a run. Raises Damaged if it is missing, or is not a valid record."""
    content = load_json(run_directory / RECORD_FILE)
    if not isinstance(content, dict):
        raise Damaged("does not have the expected form: it is not an object")
    version = content.get("format")
    if version == 1:
        content = _from_format_1(content)
    elif isinstance(version, int) and version > FORMAT:
        raise Damaged(f"was written by a newer version of this project (format {version})")
    elif version != FORMAT:
        raise Damaged("does not say which format it has")
    record = converted(content, Record)
    if not NAME.fullmatch(record.experiment):
        raise Damaged("names an experiment that is not a plain directory name")
    return record


def save(record: Record, run_directory: Path) -> None:
    """Replace ``run.json`` in one step. Raises OSError."""
    write_atomically(run_directory / RECORD_FILE, json.dumps(as_json(record), indent=1) + "\n")


def as_json(record: Record) -> dict[str, Any]:
    """The record as JSON values."""
    return asdict(record)


def _from_format_1(content: dict[str, Any]) -> dict[str, Any]:
    """In format 1 the best was the lowest loss, and the highest value of any other metric."""
    content = {key: value for key, value in content.items() if value is not None}
    for key in ("final", "best"):
        if not isinstance(content.get(key, {}), dict):
            raise Damaged(f"does not have the expected form: {key} is not an object")
    tags = [*content.get("final", {}), *content.get("best", {})]
    metrics = {tag.partition("/")[2] for tag in tags} | {"loss", "accuracy"}
    return {
        **content,
        "format": FORMAT,
        "lower_is_better": {metric: metric == "loss" for metric in sorted(metrics)},
    }
